"""Cameras that show what a test wants: a file that Chromium plays as its camera, and one drawn by the page's own canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import qrcode
from PIL import Image
from playwright.sync_api import Page

SIZE = (640, 480)

# Draws the codes that `window.showCodes` was given ({rows, left, top, side}, in a frame of 640 × 480) and hands them out as
# the camera. Nothing is loaded, so the policy stays strict.
CANVAS = """(() => {
  const canvas = document.createElement('canvas'); canvas.width = 640; canvas.height = 480;
  const pen = canvas.getContext('2d'); let codes = []; let shake = 0;
  const draw = ({ rows, left, top, side }) => {
    const cell = side / (rows.length + 8);
    pen.fillStyle = '#fff'; pen.fillRect(left + shake, top, side, side); pen.fillStyle = '#111';
    rows.forEach((row, y) => [...row].forEach((dark, x) => {
      const [right, down] = [left + shake + (x + 4) * cell, top + (y + 4) * cell];
      if (dark === '1') pen.fillRect(Math.round(right), Math.round(down), Math.ceil(cell), Math.ceil(cell));
    }));
  };
  setInterval(() => {
    pen.fillStyle = '#5a6672'; pen.fillRect(0, 0, 640, 480); shake = (shake + 1) % 5;
    codes.forEach(draw);
  }, 50);
  window.showCodes = (shown) => { codes = shown; };
  window.cameraTracks = [];
  navigator.mediaDevices.getUserMedia = async () => {
    const stream = canvas.captureStream(15); window.cameraTracks.push(...stream.getTracks()); return stream;
  };
})()"""


# A camera with a light: what is asked of it is kept in `window.torch`.
TORCH = """;(() => {
  window.torch = [];
  MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
  MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [wish] }) => { window.torch.push(wish.torch); };
})()"""

# The browser's own wake locks, kept in `window.locks`.
WAKE = """;(() => {
  window.locks = [];
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (kind) => { const lock = await request(kind); window.locks.push(lock); return lock; };
})()"""


def failing(name: str) -> str:
    """An init script: asking for the camera fails with this DOMException, as browsers do."""
    return f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '{name}'))"


def rows(text: str) -> list[str]:
    """The modules of a ticket's code, `1` is dark."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]


def show(page: Page, text: str | None) -> None:
    """Hold a code in front of the canvas camera; None takes it away."""
    show_all(page, [Placed(text, 138, 55, 360)] if text else [])


@dataclass(frozen=True)
class Placed:
    """A code in a frame of 640 × 480, with its quiet zone."""

    text: str
    left: int
    top: int
    side: int


def show_all(page: Page, codes: Sequence[Placed]) -> None:
    """Hold several codes in front of the canvas camera at once."""
    shown = [{"rows": rows(code.text), "left": code.left, "top": code.top, "side": code.side} for code in codes]
    page.evaluate("shown => window.showCodes(shown)", shown)


def arrangements(ours: str, other: str) -> dict[str, list[Placed]]:
    """A ticket and a code of others beside it, as they are held at doors, inside the square that the scanner looks at."""
    return {
        "other to the left": [Placed(other, 85, 130, 220), Placed(ours, 330, 130, 220)],
        "other to the right": [Placed(ours, 85, 130, 220), Placed(other, 330, 130, 220)],
        "other above": [Placed(other, 210, 5, 220), Placed(ours, 210, 245, 220)],
        "other below": [Placed(ours, 210, 5, 220), Placed(other, 210, 245, 220)],
        "small in the corner": [Placed(ours, 180, 120, 280), Placed(other, 90, 5, 110)],
        "small below": [Placed(ours, 180, 20, 290), Placed(other, 270, 330, 130)],
        "a larger poster": [Placed(other, 90, 10, 280), Placed(ours, 360, 270, 190)],
        "two others": [Placed(other, 85, 5, 170), Placed(ours, 250, 150, 200), Placed(f"{other}/2", 400, 300, 160)],
    }


def picture(text: str, angle: float = 0) -> Image.Image:
    """A frame with a code of about 300 pixels, a little turned, on a dim ground."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=8)
    code.add_data(text)
    paper = code.make_image(fill_color="#111", back_color="#fff").get_image().convert("RGBA")
    paper = paper.resize((300, 300), Image.Resampling.NEAREST).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    frame = Image.new("RGB", SIZE, (96, 104, 112))
    frame.paste(paper, ((SIZE[0] - paper.width) // 2, (SIZE[1] - paper.height) // 2), paper)
    return frame


def film(path: Path, text: str) -> Path:
    """An MJPEG file for --use-file-for-fake-video-capture: an empty ground, then the code, slightly turning."""
    empty = Image.new("RGB", SIZE, (96, 104, 112))
    frames = [empty] * 5 + [picture(text, angle) for angle in range(-10, 11, 2)] * 3
    with path.open("wb") as file:
        for frame in frames:
            frame.save(file, "JPEG", quality=88, subsampling=2)
    return path


def photo_of(codes: Sequence[Placed]) -> bytes:
    """A photo with several codes, as a phone uploads it."""
    frame = Image.new("RGB", SIZE, (96, 104, 112))
    for code in codes:
        made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=8)
        made.add_data(code.text)
        paper = made.make_image(fill_color="#111", back_color="#fff").get_image().convert("RGB")
        frame.paste(paper.resize((code.side, code.side), Image.Resampling.LANCZOS), (code.left, code.top))
    file = BytesIO()
    frame.resize((1600, 1200), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()


def photo(text: str | None) -> bytes:
    """A photo as a phone uploads it, larger than what the decoder looks at first."""
    frame = picture(text, 7) if text else Image.new("RGB", SIZE, (96, 104, 112))
    file = BytesIO()
    frame.resize((2400, 1800), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()
