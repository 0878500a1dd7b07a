/** Runs `call` again and again, `side` of them at once, for so long; answers units a second. */
export async function rateOf(call: (number: number) => Promise<number>, side: number, ms: number): Promise<number> {
  const started = performance.now();
  let units = 0;
  let number = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - started < ms) units += await call(number++);
  };
  await Promise.all(Array.from({ length: side }, loop));
  return units / ((performance.now() - started) / 1_000);
}
