// The words of scripts in the reader's language, from the catalogue that the page loads
// before them; without it they are English.

export const gettext = globalThis.gettext ?? ((words) => words);
export const ngettext = globalThis.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

// Put values in the places of a text that bear their names: %(name)s.
export function filled(words, values) {
  return words.replace(/%\((\w+)\)s/g, (place, name) => values[name] ?? place);
}
