"""Who did what, what was deleted when, how often something may be done: the tables that every domain writes."""
