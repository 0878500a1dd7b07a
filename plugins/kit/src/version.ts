/**
 * The version of the contract in this package, and of the package itself. It follows semantic versioning as a plugin sees it: a
 * new optional call or field is a minor version, anything that an existing plugin would have to change for is a major one.
 */
export const KIT_VERSION = '1.1.0';

/** True when a plugin written against `range` (a caret range: `^1`, `^1.2` or `^1.2.3`) can run on this kit. */
export function satisfiesKit(range: string, version: string = KIT_VERSION): boolean {
  const wanted = /^\^(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(range);
  if (!wanted) return false;
  const [major, minor, patch] = wanted.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  const [haveMajor, haveMinor, havePatch] = version.split('.').map(Number) as [number, number, number];
  if (haveMajor !== major) return false;
  return haveMinor > minor || (haveMinor === minor && havePatch >= patch);
}
