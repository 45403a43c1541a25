"""Readers: from the layouts in which labelled CT is published to `Sample`."""
