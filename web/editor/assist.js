// What the editor knows about names: completion, descriptions, definitions, renaming, layout, classes and folds. All of it is
// the assistant's answer; nothing here knows Scheme.
//
// 1. `ask({kind, offset, name})` promises an answer about the text as it is now, `null` where nothing is known, or `undefined`
//    when nobody answers. One that comes after the text has changed is dropped.
// 2. No popup keeps a key to itself for ever: Escape closes each of them, and the cursor is where it was.
// 3. What a pointer shows by resting, a command shows at the cursor.

import { foldService } from "@codemirror/language";
import { Compartment, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, hoverTooltip, keymap, showTooltip } from "@codemirror/view";

// Rest after the last key before names are classed anew.
const PAINT_MS = 300;
// Longer texts have no classes and no offers: each question takes the text along.
const TEXT_MAX = 300_000;
// How long "nothing is known" stays.
const BRIEF_MS = 2500;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

// Signature, line and origin.
function card({ signature, text, origin }) {
  const box = element("div", "describe");
  box.dataset.testid = "describe";
  box.append(element("code", "describe__signature", signature));
  if (text) box.append(element("p", "describe__text", text));
  if (origin) box.append(element("p", "describe__origin", origin));
  return box;
}

// ---- One small box at a place: a description, or the field for a new name

const setBox = StateEffect.define();

const boxField = StateField.define({
  create: () => null,
  update(box, transaction) {
    for (const effect of transaction.effects) if (effect.is(setBox)) return effect.value;
    // A selection that stays where it is comes with the focus, from the palette say.
    const moved = !transaction.startState.selection.eq(transaction.newSelection);
    if (box && (transaction.docChanged || (box.brief && moved))) return null;
    return box;
  },
  provide: (field) => showTooltip.from(field),
});

function closeBox(view) {
  if (!view.state.field(boxField)) return false;
  view.dispatch({ effects: setBox.of(null) });
  return true;
}

function showBox(view, pos, dom, brief = true) {
  const box = { pos, above: true, brief, create: () => ({ dom }) };
  view.dispatch({ effects: setBox.of(box) });
  return box;
}

function say(view, pos, text) {
  const note = element("div", "describe", text);
  note.dataset.testid = "describe";
  note.setAttribute("role", "status");
  const box = showBox(view, pos, note);
  setTimeout(() => {
    if (view.state.field(boxField, false) === box) closeBox(view);
  }, BRIEF_MS);
}

// ---- Commands

function commands(options, extras) {
  const { ask } = options;
  const cursor = (view) => view.state.selection.main.head;
  // The answer, unless the text has changed in the meantime.
  const about = async (view, request) => {
    const { doc } = view.state;
    const answer = await ask(request);
    return view.state.doc === doc ? answer : undefined;
  };

  const describe = async (view) => {
    const pos = cursor(view);
    const answer = await about(view, { kind: "describe", offset: pos });
    if (answer) {
      const shown = card(answer);
      shown.setAttribute("role", "status");
      showBox(view, answer.from, shown);
    } else if (answer === null) say(view, pos, "Nothing is known about what stands here.");
  };

  const define = async (view, pos = cursor(view)) => {
    const answer = await about(view, { kind: "define", offset: pos });
    if (answer === null) say(view, pos, "The program does not define what stands here.");
    if (!answer || answer.elsewhere) return;
    view.dispatch({
      selection: { anchor: answer.from, head: answer.to },
      effects: EditorView.scrollIntoView(answer.from, { y: "center" }),
    });
    view.focus();
  };

  const applyRename = async (view, place, name, complain) => {
    const answer = await about(view, { kind: "rename", offset: place.from, name });
    if (!answer) return complain("There is no answer. Try once more.");
    if (answer.error) return complain(answer.error);
    view.dispatch({
      changes: answer.edits.map(([from, to]) => ({ from, to, insert: name })),
      effects: setBox.of(null),
      userEvent: "input.rename",
    });
    if (answer.others.length > 0) options.renameElsewhere(answer.others, name);
    view.focus();
  };

  const rename = async (view) => {
    const pos = cursor(view);
    const place = await about(view, { kind: "describe", offset: pos });
    if (place === null) say(view, pos, "There is no name here to change.");
    if (!place) return;
    const form = element("form", "rename");
    form.dataset.testid = "rename";
    const field = element("input", "rename__field");
    field.value = view.state.sliceDoc(place.from, place.to);
    field.setAttribute("aria-label", "New name");
    field.autocapitalize = "off";
    field.spellcheck = false;
    const problem = element("p", "rename__problem");
    problem.setAttribute("role", "alert");
    const change = element("button", "rename__button", "Rename");
    form.append(field, change, problem);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      applyRename(view, place, field.value.trim(), (text) => {
        problem.textContent = text;
        field.focus();
      });
    });
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Escape") return;
      event.preventDefault();
      closeBox(view);
      view.focus();
    });
    form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !form.contains(event.relatedTarget)) closeBox(view);
    });
    showBox(view, place.from, form, false);
    requestAnimationFrame(() => {
      field.focus();
      field.select();
    });
  };

  const format = async (view) => {
    const answer = await about(view, { kind: "format" });
    if (!answer) return;
    if (answer.error) {
      options.onFailure?.(`The file is left as it is, because it does not read. ${answer.error}`);
      view.dispatch({ selection: { anchor: answer.from }, scrollIntoView: true });
      view.focus();
      return;
    }
    const changes = blankChanges(view.state.doc.toString(), answer.text);
    if (changes.length > 0) view.dispatch({ changes, userEvent: "format" });
  };

  const complete = async (view) => (await extras.load(view))?.startCompletion(view);

  return { describe, define, rename, format, complete };
}

// Changes that make `after` of `before`, one for each run of blanks that differs, so that cursor and marks stay with their
// text. Where more than blanks differs, the rest is one change.
function blankChanges(before, after) {
  const blank = /\s/;
  const changes = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    let [k, l] = [i, j];
    while (k < before.length && blank.test(before[k])) k += 1;
    while (l < after.length && blank.test(after[l])) l += 1;
    if (before.slice(i, k) !== after.slice(j, l)) changes.push({ from: i, to: k, insert: after.slice(j, l) });
    [i, j] = [k, l];
    if (i < before.length && j < after.length && before[i] === after[j]) {
      [i, j] = [i + 1, j + 1];
    } else if (i < before.length || j < after.length) {
      changes.push({ from: i, to: before.length, insert: after.slice(j) });
      break;
    }
  }
  return changes;
}

// ---- Classes of names, and folds

const setPaint = StateEffect.define();

const marks = {};
for (const name of ["form", "macro", "builtin", "global", "parameter", "local", "definition"]) {
  marks[name] = Decoration.mark({ class: `cm-name-${name}` });
}

const paintField = StateField.define({
  create: () => ({ names: Decoration.none, folds: [] }),
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setPaint)) return effect.value;
    if (!transaction.docChanged) return value;
    const { changes } = transaction;
    return {
      names: value.names.map(changes),
      folds: value.folds.map(([from, to]) => [changes.mapPos(from, 1), changes.mapPos(to, -1)]),
    };
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.names),
});

const folding = foldService.of((state, lineStart, lineEnd) => {
  const { folds } = state.field(paintField);
  let [low, high] = [0, folds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (folds[middle][0] < lineStart) low = middle + 1;
    else high = middle;
  }
  const fold = folds[low];
  if (!fold || fold[0] > lineEnd) return null;
  // What closes it stays in sight.
  const closing = state.sliceDoc(fold[1] - 2, fold[1]) === "|#" ? 2 : 1;
  return fold[1] - closing > lineEnd ? { from: lineEnd, to: fold[1] - closing } : null;
});

function painter(ask) {
  return ViewPlugin.fromClass(
    class {
      constructor(view) {
        this.view = view;
        this.later();
      }
      update(update) {
        if (update.docChanged) this.later();
      }
      later() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.paint(), PAINT_MS);
      }
      async paint() {
        const { doc } = this.view.state;
        if (doc.length > TEXT_MAX) return;
        const answer = await ask({ kind: "paint" });
        if (!answer || this.gone || this.view.state.doc !== doc) return;
        const names = Decoration.set(
          answer.names.filter(([from, to]) => to > from && to <= doc.length).map(([from, to, name]) => marks[name].range(from, to)),
        );
        this.view.dispatch({ effects: setPaint.of({ names, folds: answer.folds }) });
      }
      destroy() {
        this.gone = true;
        clearTimeout(this.timer);
      }
    },
  );
}

// ---- What is loaded when somebody first turns to the editor

function extrasLater(options) {
  const place = new Compartment();
  let extension = [];
  let commands = null;
  // Answers the commands; nothing if they cannot be loaded.
  const load = async (view) => {
    try {
      if (!commands) {
        const loaded = await import("./extras.js");
        if (!commands) {
          extension = loaded.extras({ ask: options.ask, card, textMax: TEXT_MAX });
          commands = loaded.commands;
          view.dispatch({ effects: place.reconfigure(extension) });
        }
      }
    } catch (error) {
      options.onFailure?.(`Completion and search could not be loaded: ${error.message}`);
    }
    return commands;
  };
  const turn = EditorView.domEventHandlers({
    focus(event, view) {
      load(view);
      return false;
    },
  });
  // Whoever searches before that has come is not let down: the panel opens when it has.
  const search = (view) => {
    if (commands) return false;
    load(view).then((loaded) => loaded?.openSearchPanel(view));
    return true;
  };
  const early = keymap.of([{ key: "Mod-f", run: search, preventDefault: true }]);
  return { load, extension: () => [place.of(extension), turn, early] };
}

/**
 * Extensions of a new state, the editor's commands by name, and when folds have changed. `options`: ask, renameElsewhere,
 * onFailure.
 */
export function assist(options) {
  const extras = extrasLater(options);
  const known = commands(options, extras);
  const painting = painter(options.ask);
  const hover = hoverTooltip(async (view, pos) => {
    const { doc } = view.state;
    if (doc.length > TEXT_MAX) return null;
    const answer = await options.ask({ kind: "describe", offset: pos });
    if (!answer || view.state.doc !== doc || pos < answer.from || pos > answer.to) return null;
    return { pos: answer.from, end: answer.to, above: true, create: () => ({ dom: card(answer) }) };
  });
  const extensions = () => [
    extras.extension(),
    Prec.highest(keymap.of([{ key: "Escape", run: closeBox }])),
    boxField,
    paintField,
    painting,
    folding,
    hover,
    Prec.high(
      EditorView.domEventHandlers({
        mousedown(event, view) {
          if (event.button !== 0 || !(event.ctrlKey || event.metaKey)) return false;
          const pos = view.posAtCoords({ x: event.clientX, y: event.clientY });
          if (pos === null) return false;
          event.preventDefault();
          known.define(view, pos);
          return true;
        },
      }),
    ),
  ];
  // Folds come after the text, so the gutter has to be told.
  const foldingChanged = (update) =>
    update.transactions.some((transaction) => transaction.effects.some((effect) => effect.is(setPaint)));
  return {
    extensions,
    foldingChanged,
    command: (view, name) => known[name]?.(view),
    repaint: (view) => view.plugin(painting)?.later(),
  };
}
