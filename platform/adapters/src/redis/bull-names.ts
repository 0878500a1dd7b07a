/** BullMQ takes no `:` in a name and no number for one. */
export const bullName = (name: string): string =>
  `=${name.replace(/[%:]/g, (character) => (character === ':' ? '%3A' : '%25'))}`;

export const nameOf = (bull: string): string => bull.slice(1).replace(/%3A/g, ':').replace(/%25/g, '%');
