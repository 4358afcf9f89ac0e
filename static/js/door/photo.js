// The code on a picture: a photo that was taken now, or one that a guest sent.
import { whole } from "./decoder.js";
import { nearest } from "./sight.js";

const SIDES = [1280, 2600]; // a picture is looked at small, then large

// {text} of the code that is meant, ours before others; else {trouble}: "empty", "unreadable" or "no_code".
export const readPicture = async (file, decoder, isOurs) => {
  if (!file.size) return { trouble: "empty" };
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return { trouble: "unreadable" };
  const found = [];
  for (const side of SIDES) {
    found.push(...(await decoder.decode(await whole(picture, picture.width, picture.height, side), true)));
    if (nearest(found, isOurs)) break;
  }
  picture.close();
  const text = nearest(found, isOurs) ?? nearest(found);
  return text === null ? { trouble: "no_code" } : { text };
};
