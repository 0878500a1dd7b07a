import { z } from 'zod';

const limit = z.coerce
  .number()
  .pipe(z.int().min(1).max(1_000))
  .optional()
  .transform((value) => value ?? 50)
  .meta({ description: '1 to 1,000; 50 when left out.' });

/** The query of every list. Extend it with the filters of the resource. */
export const pageQuerySchema = z.object({
  limit,
  cursor: z.string().max(2_000).optional().meta({ description: '`nextCursor` of the page before.' }),
});

export type PageQuery = z.infer<typeof pageQuerySchema>;

/** The answer of every list. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** A page of records as a page of what is shown of them. */
export const showPage = <A, B>(page: { items: A[]; nextCursor: string | null }, show: (item: A) => B) => ({
  items: page.items.map(show),
  nextCursor: page.nextCursor,
});
