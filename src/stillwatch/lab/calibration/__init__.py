"""Calibration without truth: what would be accused in a provider's own logs if nobody in them acted together?"""

from stillwatch.lab.calibration.calibrate import calibrate
from stillwatch.lab.calibration.findings import Calibration
from stillwatch.lab.calibration.terminal import render, write

__all__ = ["Calibration", "calibrate", "render", "write"]
