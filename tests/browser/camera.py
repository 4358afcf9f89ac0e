"""Cameras that show what a test wants: a file that Chromium plays as its camera, and one drawn by the page's own canvas."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import qrcode
from PIL import Image
from playwright.sync_api import Page

SIZE = (640, 480)

# Draws what `window.showCode(rows)` was given and hands it out as the camera. Nothing is loaded, so the policy stays strict.
CANVAS = """(() => {
  const canvas = document.createElement('canvas'); canvas.width = 640; canvas.height = 480;
  const pen = canvas.getContext('2d'); let rows = null; let shake = 0;
  setInterval(() => {
    pen.fillStyle = '#5a6672'; pen.fillRect(0, 0, 640, 480); shake = (shake + 1) % 5;
    if (!rows) return;
    const cell = Math.floor(360 / (rows.length + 8)), side = (rows.length + 8) * cell, left = 140 + shake, top = 55;
    pen.fillStyle = '#fff'; pen.fillRect(left, top, side, side); pen.fillStyle = '#111';
    rows.forEach((row, y) => [...row].forEach((dark, x) => {
      if (dark === '1') pen.fillRect(left + (x + 4) * cell, top + (y + 4) * cell, cell, cell);
    }));
  }, 50);
  window.showCode = (shown) => { rows = shown; };
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
    page.evaluate("shown => window.showCode(shown)", rows(text) if text else None)


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


def photo(text: str | None) -> bytes:
    """A photo as a phone uploads it, larger than what the decoder looks at first."""
    frame = picture(text, 7) if text else Image.new("RGB", SIZE, (96, 104, 112))
    file = BytesIO()
    frame.resize((2400, 1800), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()
