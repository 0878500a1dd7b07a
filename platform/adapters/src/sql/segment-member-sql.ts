/*
 * Of a member's row `m` and the row `b` of its segment's builds: what counts. What a build said counts from the moment that
 * `b.build` reaches it, which is one row for all members: readers see the members before a build or after it. It counts no
 * more once something newer was told live: either after the build (`told_in` is the build that stood then), or while it was
 * made, as of a later instant than the build's.
 */
const built = (standing: string): string => `m.build > m.told_in AND m.build <= ${standing} AND m.built_at >= m.since`;

export const STANDING = 'COALESCE(b.build, 0)';

export const BUILT = built(STANDING);

/** The same as a condition on rows of `segment_members`, with the standing build as a parameter. */
export const BUILT_BY = built('?').replaceAll('m.', '');

export const MEMBER = `CASE WHEN ${BUILT} THEN m.built_member ELSE m.is_member END`;
export const SINCE = `CASE WHEN ${BUILT} THEN m.built_at ELSE m.since END`;

export const MEMBERS =
  'segment_members m LEFT JOIN segment_builds b ON b.tenant_id = m.tenant_id AND b.segment_id = m.segment_id';

/**
 * Since when somebody is no member who was erased while a build was under way, which may have seen the profile before: later than
 * anything that is said of it. The row goes with the next build.
 */
export const ERASED = Number.MAX_SAFE_INTEGER;
