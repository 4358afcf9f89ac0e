"""The supervisor's pages: headcounts, conflicts, devices, scans, lost tickets."""
