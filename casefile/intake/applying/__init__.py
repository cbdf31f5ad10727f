"""From the staging tables into the case file: set-based, one file per subject, the same steps in a dry run."""
