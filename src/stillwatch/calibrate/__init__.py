"""Calibration without known truth: what would a scan accuse in a provider's own logs if no accounts acted together?"""

from stillwatch.calibrate.calibrate import calibrate
from stillwatch.calibrate.findings import Calibration
from stillwatch.calibrate.terminal import render, write

__all__ = ["Calibration", "calibrate", "render", "write"]
