/** The one place that reads the environment of the process. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env });
