"""TODO-teachers"""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("teachers", __name__)
