"""Mail: an outbox filled in the writer's transaction, and a sender; the domains register what is rendered."""
