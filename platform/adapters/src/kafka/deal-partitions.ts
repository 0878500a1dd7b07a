/** A member of a group as it presents itself: what it works on, since which generation of the group. */
export interface DealtMember {
  id: string;
  owned: readonly number[];
  generation: number;
}

/**
 * Deals a topic's partitions out to the members of a group. Everybody gets as many as the others, give or take one, and keeps
 * what it has as far as that allows. A partition that has to move is dealt to nobody yet: its owner gives it up and asks again,
 * so that two never work on it at once and nobody else has to stop.
 */
export function dealPartitions(members: readonly DealtMember[], partitions: number): Map<string, number[]> {
  const sorted = [...members].sort((one, other) => (one.id < other.id ? -1 : 1));
  const owners = ownersOf(sorted, partitions);
  const dealt = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));
  const least = Math.floor(partitions / sorted.length);
  let withOneMore = partitions % sorted.length;
  const room = new Map<string, number>();
  // Those with the most get the one more, for the least to move.
  const count = (id: string) => owners.filter((owner) => owner === id).length;
  for (const { id } of [...sorted].sort((one, other) => count(other.id) - count(one.id)))
    room.set(id, withOneMore-- > 0 ? least + 1 : least);
  const give = (id: string, partition: number) => {
    dealt.get(id)?.push(partition);
    room.set(id, (room.get(id) ?? 0) - 1);
  };
  const free: number[] = [];
  owners.forEach((owner, partition) => {
    if (owner === undefined) free.push(partition);
    else if ((room.get(owner) ?? 0) > 0) give(owner, partition);
  });
  for (const partition of free) {
    const [next] = sorted.filter(({ id }) => (room.get(id) ?? 0) > 0).sort((one, other) => most(room, one, other));
    if (next) give(next.id, partition);
  }
  return dealt;
}

const most = (room: ReadonlyMap<string, number>, one: DealtMember, other: DealtMember): number =>
  (room.get(other.id) ?? 0) - (room.get(one.id) ?? 0);

/** By partition. Of two who claim it, it is the one's whose claim is from a later generation: the other missed something. */
function ownersOf(members: readonly DealtMember[], partitions: number): (string | undefined)[] {
  const owners = new Array<DealtMember | undefined>(partitions).fill(undefined);
  for (const member of members)
    for (const partition of member.owned) {
      const other = owners[partition];
      if (partition < partitions && (!other || other.generation < member.generation)) owners[partition] = member;
    }
  return owners.map((owner) => owner?.id);
}
