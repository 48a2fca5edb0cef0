// Scheme for CodeMirror: a tokenizer that knows the machine's actor forms, and an indenter.
//
// 1. The state holds open brackets only, so that re-tokenizing a line is cheap and copying the state is a slice.
// 2. A bracket's indentation is fixed by what follows it: two columns for a form with a body, the column of the
//    first argument for a call, one column for data.

import { StreamLanguage } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const FORMS = new Set(
  `and assert begin case case-lambda cond cond-expand define define-library define-record-type define-syntax
  define-values delay delay-force do else export guard if import include lambda let let* let*-values let-syntax
  let-values letrec letrec* letrec-syntax named-lambda or parameterize quasiquote quote receive set! syntax-rules
  unless unquote unquote-splicing when where after => ...`.split(/\s+/),
);

const ACTOR_WORDS = new Set(
  `! alive? broadcast call demonitor exit link make-reference monitor process-info register reply self send
  set-priority! sleep spawn spawn-link spawn-monitor trap-exit! unlink unregister whereis`.split(/\s+/),
);

const BODY_FORMS = new Set(
  `after begin case case-lambda cond-expand define define-library define-record-type define-syntax define-values do
  else guard lambda let let* let*-values let-syntax let-values letrec letrec* letrec-syntax named-lambda parameterize
  receive syntax-rules unless when where call-with-output-string with-output-to-string dynamic-wind`.split(/\s+/),
);

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?(\/\d+)?$|^[+-](inf|nan)\.0$|^(#[xXbBoOdDeEiI]){1,2}[-+0-9a-fA-F./]+$/;
const DELIMITER = /[\s()[\]";'`,]/;

function readAtom(stream) {
  let text = "";
  while (!stream.eol()) {
    const next = stream.peek();
    if (DELIMITER.test(next)) break;
    text += stream.next();
    if (next === "|") {
      while (!stream.eol() && stream.peek() !== "|") text += stream.next();
      if (!stream.eol()) text += stream.next();
    }
  }
  return text;
}

function inString(stream, state) {
  let character;
  while ((character = stream.next()) !== undefined) {
    if (character === "\\") stream.next();
    else if (character === '"') {
      state.string = false;
      break;
    }
  }
  return "string";
}

function inComment(stream, state) {
  while (!stream.eol()) {
    if (stream.match("|#")) {
      state.comment -= 1;
      if (state.comment === 0) break;
    } else if (stream.match("#|")) state.comment += 1;
    else stream.next();
  }
  return "comment";
}

// Tells the innermost bracket what its first and second elements are.
function noteElement(state, column, atom, indentUnit) {
  const open = state.open[state.open.length - 1];
  if (!open) return;
  open.seen += 1;
  if (open.seen === 1) {
    open.head = atom;
    if (atom !== null && BODY_FORMS.has(atom)) {
      open.indent = open.column + indentUnit;
      open.fixed = true;
    } else if (atom !== null && !NUMBER.test(atom)) {
      open.indent = open.column + (open.quoted ? 1 : 2);
    }
  } else if (open.seen === 2 && !open.fixed && open.head !== null && !open.quoted) {
    open.indent = column;
    open.fixed = true;
  }
}

function token(stream, state) {
  if (state.comment > 0) return inComment(stream, state);
  if (state.string) return inString(stream, state);
  if (stream.eatSpace()) return null;
  const column = stream.column();
  const next = stream.peek();
  if (next === ";") {
    stream.skipToEnd();
    return "comment";
  }
  if (stream.match("#|")) {
    state.comment = 1;
    return inComment(stream, state);
  }
  if (stream.match("#;")) return "comment";
  if (next === '"') {
    stream.next();
    state.string = true;
    noteElement(state, column, null, stream.indentUnit);
    return inString(stream, state);
  }
  if (next === "(" || next === "[" || stream.match(/^#(u8)?\(/, false)) {
    stream.match(/^#(u8)?(?=\()/);
    stream.next();
    const quoted = state.quote || state.open.some((open) => open.quoted);
    noteElement(state, column, null, stream.indentUnit);
    const at = stream.column() + stream.current().length - 1;
    state.open = [...state.open, { column: at, indent: at + 1, seen: 0, head: null, fixed: false, quoted }];
    state.quote = false;
    return "bracket";
  }
  if (next === ")" || next === "]") {
    stream.next();
    state.open = state.open.slice(0, -1);
    return "bracket";
  }
  if (next === "'" || next === "`") {
    stream.next();
    state.quote = next === "'";
    return "atom";
  }
  if (next === ",") {
    stream.next();
    stream.eat("@");
    return "atom";
  }
  if (stream.match(/^#\\([A-Za-z][\w-]*|.)/)) {
    noteElement(state, column, null, stream.indentUnit);
    return "string";
  }
  const atom = readAtom(stream);
  if (atom === "") {
    stream.next();
    return null;
  }
  const open = state.open[state.open.length - 1];
  const atHead = open !== undefined && open.seen === 0;
  const defines = definesName(state);
  const quoted = state.quote || (open?.quoted ?? false);
  state.quote = false;
  noteElement(state, column, atom, stream.indentUnit);
  if (/^#(t|f|true|false)$/.test(atom)) return "bool";
  if (NUMBER.test(atom)) return "number";
  if (quoted) return "atom";
  if (defines) return "definition";
  if (FORMS.has(atom) && (atHead || atom === "else" || atom === "=>")) return "keyword";
  if (ACTOR_WORDS.has(atom)) return "actor";
  return null;
}

// The next atom is the name in `(define name` or `(define (name`.
function definesName(state) {
  const open = state.open[state.open.length - 1];
  if (open === undefined) return false;
  if (open.seen === 1 && /^define/.test(open.head ?? "")) return true;
  const outer = state.open[state.open.length - 2];
  return open.seen === 0 && outer !== undefined && outer.seen === 2 && /^define/.test(outer.head ?? "");
}

function copyState(state) {
  return { ...state, open: state.open.map((open) => ({ ...open })) };
}

export const schemeLanguage = StreamLanguage.define({
  name: "scheme",
  startState: () => ({ open: [], string: false, comment: 0, quote: false }),
  copyState,
  token,
  tokenTable: { actor: tags.special(tags.name), definition: tags.definition(tags.name) },
  indent(state) {
    if (state.string || state.comment > 0) return null;
    const open = state.open[state.open.length - 1];
    return open ? open.indent : 0;
  },
  languageData: {
    commentTokens: { line: ";", block: { open: "#|", close: "|#" } },
    closeBrackets: { brackets: ["(", "[", '"'] },
    indentOnInput: /^\s*[)\]]$/,
  },
});
