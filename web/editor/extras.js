// What the editor does without at first: completion, and searching with its panel. A bundle of its own, loaded when somebody
// first turns to the editor; CodeMirror itself is the editor's (`shared.js`).

import { autocompletion, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import {
  findNext,
  findPrevious,
  gotoLine,
  highlightSelectionMatches,
  openSearchPanel,
  search,
  searchKeymap,
  selectNextOccurrence,
  selectSelectionMatches,
} from "@codemirror/search";
import { keymap } from "@codemirror/view";

// Letters of a word before names are offered unasked.
const WORD_MIN = 2;

function completion({ ask, card, textMax }) {
  return async (context) => {
    const word = context.matchBefore(/[^\s()"';`,|#]+/);
    if (context.state.doc.length > textMax) return null;
    if (!context.explicit && (!word || word.text.length < WORD_MIN)) return null;
    const answer = await ask({ kind: "complete", offset: context.pos });
    if (!answer || context.aborted || answer.offers.length === 0) return null;
    // A word that is whole and has no company needs no help.
    if (!context.explicit && answer.offers.length === 1 && answer.offers[0].name === word.text) return null;
    return {
      from: answer.from,
      to: answer.to,
      filter: false,
      options: answer.offers.map((offer) => ({
        label: offer.name,
        detail: offer.kind,
        type: offer.kind,
        info: () => card(offer),
      })),
    };
  };
}

/** Extensions for the editor. `options`: ask, card, textMax. */
export function extras(options) {
  return [
    autocompletion({ override: [completion(options)], icons: false, defaultKeymap: false, maxRenderedOptions: 80 }),
    keymap.of(completionKeymap),
    search({ top: true }),
    highlightSelectionMatches(),
    keymap.of(searchKeymap),
  ];
}

/** Commands by name. */
export const commands = {
  findNext,
  findPrevious,
  gotoLine,
  openSearchPanel,
  selectNextOccurrence,
  selectSelectionMatches,
  startCompletion,
};
