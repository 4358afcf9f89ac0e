"""The door: lists, devices, scans, admissions, conflicts."""
