/** A block of shell commands of a Markdown page, and the JSON that the page shows as its answer. */
export interface TourStep {
  /** Line of the page on which the commands start, from 1. */
  line: number;
  title: string;
  commands: string;
  shown?: unknown;
}

/** Reads the ```sh blocks in their order; a ```json block that follows one is its answer. */
export function readTour(markdown: string): TourStep[] {
  const steps: TourStep[] = [];
  for (const { 1: language, 2: text = '', index } of markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    const line = markdown.slice(0, index).split('\n').length + 1;
    if (language === 'sh') {
      const last = text.trim().split('\n').at(-1) ?? '';
      steps.push({ line, title: last.slice(0, 60), commands: text });
    } else if (language === 'json') {
      const step = steps.at(-1);
      if (step === undefined || step.shown !== undefined) throw new Error(`Line ${line}: an answer to no command.`);
      step.shown = JSON.parse(text);
    }
  }
  return steps;
}
