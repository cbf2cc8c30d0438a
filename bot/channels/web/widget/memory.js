// What a browser remembers between pages. With storage forbidden (private windows, settings) it forgets, and works.
const read = (store, name) => {
  try {
    return JSON.parse(store().getItem(`guiche.${name}`)) ?? undefined;
  } catch {
    return undefined;
  }
};
const write = (store, name, value) => {
  try {
    if (value === undefined) store().removeItem(`guiche.${name}`);
    else store().setItem(`guiche.${name}`, JSON.stringify(value));
  } catch {
    // full or forbidden
  }
};
const memory = (store) => ({ get: (name) => read(store, name), set: (name, value) => write(store, name, value) });

export const browser = memory(() => localStorage); // all windows, until it is cleared
export const tab = memory(() => sessionStorage); // this window, until it is closed
