"""What is done again and again: sending mail, reminding, deleting what was kept long enough."""
