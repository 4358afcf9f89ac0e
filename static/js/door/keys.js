// The keys of a US keyboard by their place (KeyboardEvent.code). A hand scanner presses those places; what they give on
// this phone is up to its own layout: HTTPS:// comes out as HTTPSÖ-- on a Finnish one.
const SHIFTED = {
  Digit1: "1!", Digit2: "2@", Digit3: "3#", Digit4: "4$", Digit5: "5%", Digit6: "6^", Digit7: "7&", Digit8: "8*", Digit9: "9(", Digit0: "0)",
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", IntlBackslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ",
};
const PAD = { NumpadDivide: "/", NumpadMultiply: "*", NumpadSubtract: "-", NumpadAdd: "+", NumpadDecimal: "." };

// The character a US keyboard gives for this key; null where the browser does not tell the place, or it gives none.
export const onUsKeyboard = ({ code, shiftKey }) => {
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return shiftKey ? letter[1] : letter[1].toLowerCase();
  return SHIFTED[code]?.[Number(shiftKey)] ?? PAD[code] ?? /^Numpad(\d)$/.exec(code)?.[1] ?? null;
};
