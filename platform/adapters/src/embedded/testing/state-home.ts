import { LmdbState } from '../lmdb-state.js';
import { temporaryFolder } from './temporary-folder.js';

/** A home for a store on a state environment of its own, as the contracts ask for: closing the store closes the state. */
export function stateHome<Store extends { close(): Promise<void> }, Arguments extends unknown[]>(
  make: (state: LmdbState, ...options: Arguments) => Store,
): { open: (...options: Arguments) => Promise<Store>; remove: () => Promise<void> } {
  const folder = temporaryFolder();
  return {
    open: async (...options) => {
      const state = new LmdbState({ path: folder.path });
      const store = make(state, ...options);
      const close = store.close.bind(store);
      store.close = async () => {
        await close();
        await state.close();
      };
      return store;
    },
    remove: folder.remove,
  };
}
