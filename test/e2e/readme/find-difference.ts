const ANY = '…';

/**
 * Where an answer is not as it is shown, or undefined. What is shown may leave out fields of objects; `…` in a text
 * stands for anything. Everything else has to be the same.
 */
export function findDifference(shown: unknown, actual: unknown, path = 'answer'): string | undefined {
  if (typeof shown === 'string' && shown.includes(ANY)) {
    const fits = typeof actual === 'string' && patternOf(shown).test(actual);
    return fits ? undefined : told(path, shown, actual);
  }
  if (typeof shown !== 'object' || shown === null) return shown === actual ? undefined : told(path, shown, actual);
  if (typeof actual !== 'object' || actual === null || Array.isArray(shown) !== Array.isArray(actual))
    return told(path, shown, actual);
  if (Array.isArray(shown) && shown.length !== (actual as unknown[]).length) return told(path, shown, actual);
  // An empty object is shown where there is nothing to show.
  if (Object.keys(shown).length === 0 && Object.keys(actual).length > 0) return told(path, shown, actual);
  for (const [key, value] of Object.entries(shown)) {
    const difference = findDifference(value, (actual as Record<string, unknown>)[key], `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const told = (path: string, shown: unknown, actual: unknown): string =>
  `${path} is shown as ${JSON.stringify(shown)}, but is ${JSON.stringify(actual)}.`;

function patternOf(shown: string): RegExp {
  const parts = shown.split(ANY).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`, 's');
}
