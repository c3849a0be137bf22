"""Calibration without truth: what would be accused in a provider's own logs if nobody in them acted together?"""

from stillwatch.calibrate.calibrate import calibrate
from stillwatch.calibrate.findings import Calibration
from stillwatch.calibrate.terminal import render, write

__all__ = ["Calibration", "calibrate", "render", "write"]
