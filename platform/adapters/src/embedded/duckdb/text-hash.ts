/** FNV-1a over the UTF-16 code units, 32 bits, signed: narrows a search by text down to few rows without an index. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}
