"""The volunteer's page, its API and its offline list; the law of the door is `checkin`'s."""
