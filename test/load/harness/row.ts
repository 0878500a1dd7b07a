/** One line of the table. */
export interface Line {
  what: string;
  reference: string;
  product: string;
  ratio: string;
  /** Smallest and largest of the rounds. */
  spread: string;
  floor: string;
  aim: string;
  /** Undefined where the line has no floor. */
  met: boolean | undefined;
}

export interface BenchOptions {
  /** Pairs of rounds, product and reference in turn. */
  rounds: number;
  /** Length of a round. */
  roundMs: number;
  /** Profiles that rules are counted over. */
  profiles: number;
  /** Events that are left behind for a restart. */
  tail: number;
  /** Length of the run over the whole way. */
  sustainedMs: number;
}

/** Measures one subject; answers its lines. */
export interface Row {
  name: string;
  run(options: BenchOptions): Promise<Line[]>;
}

export interface Goal {
  what: string;
  unit: string;
  floor: number;
  aim: number;
}

const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const show = (value: number): string => figure.format(value);

/** A rate against the reference's: more is better. */
export const rateLine = (goal: Goal, rounds: Rounds): Line => lineOf(goal, rounds, (ratio) => ratio >= goal.floor);

/** A time against the reference's: less is better. */
export const timeLine = (goal: Goal, rounds: Rounds): Line =>
  lineOf(goal, rounds, (ratio) => ratio <= goal.floor, ' x');

function lineOf({ what, unit, floor, aim }: Goal, rounds: Rounds, meets: (r: number) => boolean, x = ''): Line {
  const ratios = rounds.map(({ product, reference }) => product / reference).sort((a, b) => a - b);
  const ratio = median(ratios);
  return {
    what,
    reference: `${show(median(rounds.map((round) => round.reference)))} ${unit}`,
    product: `${show(median(rounds.map((round) => round.product)))} ${unit}`,
    ratio: `${ratio.toFixed(2)}${x}`,
    spread: `${(ratios[0] ?? 0).toFixed(2)}-${(ratios.at(-1) ?? 0).toFixed(2)}`,
    floor: `${floor}${x}`,
    aim: `${aim}${x}`,
    met: meets(ratio),
  };
}

/** A figure that has a floor of its own, beside what the reference shows for scale. */
export function absoluteLine(goal: Goal, product: number[], reference: number[]): Line {
  const middle = median(product);
  const scale = median(reference);
  return {
    what: goal.what,
    reference: reference.length > 0 ? `${show(scale)} ${goal.unit}` : '-',
    product: `${show(middle)} ${goal.unit}`,
    ratio: reference.length > 0 ? (middle / scale).toFixed(2) : '-',
    spread: `${show(Math.min(...product))}-${show(Math.max(...product))} ${goal.unit}`,
    floor: `${show(goal.floor)} ${goal.unit}`,
    aim: `${show(goal.aim)} ${goal.unit}`,
    met: middle <= goal.floor,
  };
}

export type Rounds = { product: number; reference: number }[];

/** Rounds of product and reference in turn, each first in every other pair, after one of each that does not count. */
export async function alternate(
  rounds: number,
  product: () => Promise<number>,
  reference: () => Promise<number>,
): Promise<Rounds> {
  await product();
  await reference();
  const results: Rounds = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) results.push({ product: await product(), reference: await reference() });
    else {
      const scale = await reference();
      results.push({ product: await product(), reference: scale });
    }
  }
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** What was counted must be what was sent: a figure that fails this is not shown. */
export function assertCounted(what: string, counted: number, sent: number): void {
  if (counted !== sent) throw new Error(`${what}: ${counted} counted of ${sent} sent.`);
}
