"""How well two segmentations agree."""


def dice(found, wanted, label):
    return 2 * ((found == label) & (wanted == label)).sum() / ((found == label).sum() + (wanted == label).sum())
