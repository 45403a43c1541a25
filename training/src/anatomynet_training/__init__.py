"""Training, export and evaluation for libanatomynet. Not for clinical use."""
