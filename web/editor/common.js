// What the editor lends of CodeMirror to `extras.js`: the names of `shared.js`.

export {
  indentUnit,
  syntaxTree,
} from "@codemirror/language";
export {
  Annotation,
  CharCategory,
  EditorSelection,
  EditorState,
  Facet,
  MapMode,
  Prec,
  RangeSet,
  RangeSetBuilder,
  RangeValue,
  StateEffect,
  StateField,
  Text,
  Transaction,
  codePointAt,
  codePointSize,
  combineConfig,
  findClusterBreak,
  fromCodePoint,
} from "@codemirror/state";
export {
  Decoration,
  Direction,
  EditorView,
  ViewPlugin,
  WidgetType,
  getDialog,
  getPanel,
  getTooltip,
  keymap,
  logException,
  runScopeHandlers,
  showDialog,
  showPanel,
  showTooltip,
} from "@codemirror/view";
