// The editor: CodeMirror 6 set up for Scheme, with breakpoints, a current-line marker and diagnostics.
//
// 1. The page owns nothing of CodeMirror: it talks to the object that `createEditor` returns, in lines from 1 and
//    UTF-16 offsets.
// 2. `onChange` says that the text changed, not what it is; the page asks with `getText` when it needs it.
// 3. Breakpoints move with the text; `onBreakpoints` reports every list that differs from the last one known.
// 4. Colours come from the page's CSS tokens, so a theme change needs no call.
// 5. Completion and searching are a bundle of their own (`extras.js`), which takes its part of CodeMirror from this one.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  HighlightStyle,
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  GutterMarker,
  WidgetType,
  drawSelection,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { assist } from "./assist.js";
import { schemeLanguage } from "./scheme.js";
import * as shared from "./common.js";

const setPoints = StateEffect.define();
const setCurrent = StateEffect.define();
const setShown = StateEffect.define();

class PointMarker extends GutterMarker {
  constructor(enabled, bound, special) {
    super();
    this.enabled = enabled;
    this.bound = bound;
    this.special = special;
  }
  eq(other) {
    return other.enabled === this.enabled && other.bound === this.bound && other.special === this.special;
  }
  toDOM() {
    const dot = document.createElement("span");
    const solid = this.enabled && this.bound;
    dot.className = `cm-breakpoint ${solid ? "cm-breakpoint-on" : "cm-breakpoint-off"}`;
    if (this.special) dot.className += " cm-breakpoint-special";
    dot.title = !this.bound
      ? "Breakpoint: no code at this line"
      : this.enabled
        ? "Breakpoint: click to remove"
        : "Breakpoint, disabled: click to remove";
    return dot;
  }
}

function pointSet(doc, points) {
  const ranges = points
    .filter((point) => point.line >= 1 && point.line <= doc.lines)
    .sort((a, b) => a.line - b.line)
    .map((point) =>
      new PointMarker(point.enabled, point.bound !== false, point.special === true).range(
        doc.line(point.line).from,
      ),
    );
  return RangeSet.of(ranges);
}

const pointField = StateField.define({
  create: () => RangeSet.empty,
  update(points, transaction) {
    let next = transaction.docChanged ? points.map(transaction.changes) : points;
    for (const effect of transaction.effects) {
      if (effect.is(setPoints)) next = pointSet(transaction.state.doc, effect.value);
    }
    return next;
  },
});

function pointList(state) {
  const lines = new Map();
  const cursor = state.field(pointField).iter();
  while (cursor.value) {
    const line = state.doc.lineAt(cursor.from).number;
    lines.set(line, { line, enabled: cursor.value.enabled, bound: cursor.value.bound });
    cursor.next();
  }
  return [...lines.values()];
}

const currentLine = Decoration.line({ class: "cm-current-line" });

class CurrentMarker extends GutterMarker {
  constructor() {
    super();
    this.elementClass = "cm-current-gutter";
  }
}
const currentMarker = new CurrentMarker();

const currentField = StateField.define({
  create: () => ({ decorations: Decoration.none, markers: RangeSet.empty }),
  update(value, transaction) {
    let next = value;
    if (transaction.docChanged) {
      next = {
        decorations: value.decorations.map(transaction.changes),
        markers: value.markers.map(transaction.changes),
      };
    }
    for (const effect of transaction.effects) {
      if (!effect.is(setCurrent)) continue;
      const doc = transaction.state.doc;
      const line = effect.value;
      if (line < 1 || line > doc.lines) {
        next = { decorations: Decoration.none, markers: RangeSet.empty };
      } else {
        const at = doc.line(line).from;
        next = {
          decorations: Decoration.set([currentLine.range(at)]),
          markers: RangeSet.of([currentMarker.range(at)]),
        };
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.decorations),
});

const highlight = HighlightStyle.define([
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool], color: "var(--code-number)" },
  { tag: tags.atom, color: "var(--code-quote)" },
  { tag: tags.keyword, color: "var(--code-form)", fontWeight: "600" },
  { tag: tags.special(tags.name), color: "var(--code-actor)", fontWeight: "600" },
  { tag: tags.definition(tags.name), color: "var(--code-definition)" },
  { tag: tags.bracket, color: "var(--code-bracket)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface)", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--font-code)", fontSize: "var(--size-code)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", padding: "8px 0" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-faint)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--line-active)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line-active)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--accent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  "&.cm-focused .cm-matchingBracket, .cm-matchingBracket": {
    backgroundColor: "var(--bracket-match)",
    outline: "1px solid var(--accent)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { outline: "1px solid var(--error)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-raised)",
    color: "var(--text)",
    border: "1px solid var(--border-strong)",
    borderRadius: "4px",
  },
  ".cm-panels": { backgroundColor: "var(--surface-raised)", color: "var(--text)" },
  ".cm-searchMatch": { backgroundColor: "var(--bracket-match)" },
  ".cm-foldGutter": { width: "12px" },
});

/** Values behind the line where an actor stands. */
class ValuesWidget extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }
  eq(other) {
    return other.text === this.text;
  }
  toDOM() {
    const shown = document.createElement("span");
    shown.className = "cm-values";
    shown.textContent = this.text;
    return shown;
  }
}

const shownField = StateField.define({
  create: () => Decoration.none,
  update(shown, transaction) {
    if (transaction.docChanged) return Decoration.none;
    for (const effect of transaction.effects) {
      if (!effect.is(setShown)) continue;
      const { line, text } = effect.value;
      const doc = transaction.state.doc;
      if (text === "" || line < 1 || line > doc.lines) return Decoration.none;
      const widget = Decoration.widget({ widget: new ValuesWidget(text), side: 1 });
      return Decoration.set([widget.range(doc.line(line).to)]);
    }
    return shown;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function createEditor(parent, options) {
  let quiet = false;
  let reported = "[]";

  const report = (state) => {
    const points = pointList(state);
    const text = JSON.stringify(points);
    if (text !== reported) {
      reported = text;
      options.onBreakpoints?.(points);
    }
  };

  const togglePoint = (view, line) => {
    const points = pointList(view.state);
    const rest = points.filter((point) => point.line !== line);
    if (rest.length === points.length) rest.push({ line, enabled: true, bound: true });
    view.dispatch({ effects: setPoints.of(rest) });
    report(view.state);
    return true;
  };

  // A press sets and removes; the menu key or the other button edits what is to happen there.
  const onGutter = {
    mousedown(view, block, event) {
      if (event.button !== 0) return false;
      return togglePoint(view, view.state.doc.lineAt(block.from).number);
    },
    contextmenu(view, block) {
      const line = view.state.doc.lineAt(block.from).number;
      if (pointList(view.state).every((point) => point.line !== line)) togglePoint(view, line);
      options.onEditBreakpoint?.(line);
      return true;
    },
  };

  const pointGutter = gutter({
    class: "cm-breakpoint-gutter",
    markers: (view) => view.state.field(pointField),
    initialSpacer: () => new PointMarker(true, true),
    domEventHandlers: onGutter,
  });

  // Escape, then Tab, leaves the editor; any other key gives Tab back to indentation.
  const leaving = keymap.of([
    {
      key: "Escape",
      run(view) {
        view.setTabFocusMode(2000);
        return false;
      },
    },
    {
      key: "F9",
      run: (view) => togglePoint(view, view.state.doc.lineAt(view.state.selection.main.head).number),
    },
  ]);

  const assistant = assist(options);

  const extensions = () => [
    assistant.extensions(),
    pointField,
    currentField,
    shownField,
    pointGutter,
    lineNumbers({
      domEventHandlers: onGutter,
    }),
    gutter({ class: "cm-pc-gutter", markers: (view) => view.state.field(currentField).markers }),
    lintGutter(),
    foldGutter({ openText: "▾", closedText: "▸", foldingChanged: assistant.foldingChanged }),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    schemeLanguage,
    syntaxHighlighting(highlight),
    leaving,
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, indentWithTab]),
    look,
    EditorView.contentAttributes.of({
      "aria-label": options.label ?? "Program text. Escape, then Tab, leaves the editor.",
      spellcheck: "false",
      autocapitalize: "off",
      autocorrect: "off",
    }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      report(update.state);
      if (!quiet) options.onChange?.();
    }),
  ];

  const view = new EditorView({
    parent,
    state: EditorState.create({ doc: options.text ?? "", extensions: extensions() }),
  });

  const scrollTo = (line, focus) => {
    const doc = view.state.doc;
    if (line < 1 || line > doc.lines) return;
    const at = doc.line(line).from;
    view.dispatch({
      selection: focus ? { anchor: at } : undefined,
      effects: EditorView.scrollIntoView(at, { y: "center" }),
    });
    if (focus) view.focus();
  };

  return {
    getText: () => view.state.doc.toString(),
    // A new document: history, folds and breakpoints start afresh.
    setText(text) {
      quiet = true;
      try {
        reported = "[]";
        view.setState(EditorState.create({ doc: text, extensions: extensions() }));
      } finally {
        quiet = false;
      }
    },
    setBreakpoints(points) {
      view.dispatch({ effects: setPoints.of([...points]) });
      reported = JSON.stringify(pointList(view.state));
    },
    setCurrentLine: (line) => view.dispatch({ effects: setCurrent.of(line) }),
    setValues: (line, text) => view.dispatch({ effects: setShown.of({ line, text }) }),
    cursorLine: () => view.state.doc.lineAt(view.state.selection.main.head).number,
    setDiagnostics(list) {
      const length = view.state.doc.length;
      const fitted = list.map((entry) => {
        const from = Math.max(0, Math.min(entry.from, length));
        return { ...entry, from, to: Math.max(from, Math.min(entry.to, length)) };
      });
      view.dispatch(setDiagnostics(view.state, fitted));
    },
    command(name) {
      view.focus();
      assistant.command(view, name);
    },
    repaint: () => assistant.repaint(view),
    reveal: (line) => scrollTo(line, true),
    show: (line) => scrollTo(line, false),
    focus: () => view.focus(),
    measure: () => view.requestMeasure(),
    destroy: () => view.destroy(),
  };
}

globalThis.PhysicsEditor = { createEditor, shared };
