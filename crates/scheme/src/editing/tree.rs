//! A source text as a tree that keeps comments, line ends and the spelling of every literal.
//!
//! 1. A tree is made only of text that reads; so brackets match and every prefix has its datum.
//! 2. Nodes are in the order in which they end: children before their parents, the root last.
//! 3. What stands between a prefix (`'`, `#;`, ...) and its datum is moved before the prefix, which changes nothing of what
//!    is read.
//! 4. Line ends that the layout never keeps (see [`super::style`]) are dropped here, so that a text and its formatted form
//!    give the same tree but for places.

use super::style::{Form, Role, Style};
use crate::diagnostic::Outcome;
use crate::lexer::{Lexer, Token};
use std::collections::HashMap;
use std::ops::Range;

/// Index of a node.
pub(super) type NodeId = usize;

/// What stands in a list.
#[derive(Clone, Debug)]
pub(super) enum ItemKind {
    Datum(NodeId),
    /// A datum behind `#;`.
    Skipped(NodeId),
    Dot,
    /// `; ...`, without blanks at its end.
    Line(Range<usize>),
    /// `#| ... |#`, or a directive (`#!fold-case`).
    Block(Range<usize>),
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub kind: ItemKind,
    /// Line ends before it that count: none, one, or two for an empty line.
    pub newlines: u8,
    /// Where a comment at the end of a line began, in characters from 0; 0 when only a blank stood before it.
    pub column: u32,
}

/// How much room something takes when it is written without line ends of the layout's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// Characters up to the first line end.
    pub head: u32,
    /// Characters after the last line end.
    pub tail: u32,
    /// A string or comment in it has a line end.
    pub multi: bool,
}

impl Extent {
    pub fn of(text: &str) -> Extent {
        let width = |text: &str| text.chars().count() as u32;
        match (text.find('\n'), text.rfind('\n')) {
            (Some(first), Some(last)) => {
                Extent { head: width(&text[..first]), tail: width(&text[last + 1..]), multi: true }
            }
            _ => Extent { head: width(text), tail: width(text), multi: false },
        }
    }

    /// This, and then `next`.
    pub fn then(self, next: Extent) -> Extent {
        Extent {
            head: if self.multi { self.head } else { self.head.saturating_add(next.head) },
            tail: if next.multi { next.tail } else { self.tail.saturating_add(next.head) },
            multi: self.multi || next.multi,
        }
    }

    pub fn then_characters(self, count: u32) -> Extent {
        self.then(Extent { head: count, tail: count, multi: false })
    }
}

/// An atom, or a list or vector with what stands in it.
#[derive(Debug)]
pub(super) struct Node {
    /// Quotes and the like, as they are written.
    pub prefix: String,
    /// The atom, or what opens the list.
    pub text: Range<usize>,
    /// `None` for an atom.
    pub items: Option<Vec<Item>>,
    pub style: Style,
    pub extent: Extent,
    /// It has neither line ends that count nor a line comment, so that it may stand on one line.
    pub flat: bool,
}

/// A source text.
pub(super) struct Tree<'a> {
    pub text: &'a str,
    pub nodes: Vec<Node>,
    /// The first line of an executable script.
    pub script: &'a str,
}

/// A list that is being read.
struct Open<'a> {
    role: Role,
    prefix: String,
    text: Range<usize>,
    items: Vec<Item>,
    /// Data in `items`, other than the tail.
    count: usize,
    head: Option<&'a str>,
    /// The first operand is a name.
    named: bool,
    /// Quotes and the like before the next datum, each with the line ends before it.
    pending: Vec<(&'a str, u8)>,
    newlines: u8,
}

impl Open<'_> {
    fn new(role: Role, prefix: String, text: Range<usize>, newlines: u8) -> Self {
        Open {
            role,
            prefix,
            text,
            items: Vec::new(),
            count: 0,
            head: None,
            named: false,
            pending: Vec::new(),
            newlines,
        }
    }
}

struct Builder<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    open: Vec<Open<'a>>,
    /// Macros of the file whose pattern ends in a body: how many operands stand before it.
    bodies: HashMap<&'a str, u32>,
}

impl<'a> Tree<'a> {
    /// The tree of a text that reads.
    ///
    /// # Errors
    /// What the lexer has to say about a text that does not.
    pub fn new(text: &'a str) -> Outcome<Tree<'a>> {
        let script = if text.starts_with("#!/") { text.split('\n').next().unwrap_or("") } else { "" };
        let mut builder = Builder { text, nodes: Vec::new(), open: Vec::new(), bodies: HashMap::new() };
        builder.open.push(Open::new(Role::Root, String::new(), 0..0, 0));
        let mut lexer = Lexer::new(text, 0);
        let mut end = script.len();
        while let Some((token, span)) = lexer.next()? {
            let (start, stop) = (span.start as usize, span.end as usize);
            let newlines = builder.atmosphere(end..start);
            builder.token(&token, start..stop, newlines);
            end = stop;
        }
        builder.atmosphere(end..text.len());
        builder.close();
        Ok(Tree { text, nodes: builder.nodes, script })
    }

    pub fn root(&self) -> NodeId {
        self.nodes.len() - 1
    }
}

impl<'a> Builder<'a> {
    /// Notes the comments between two tokens; answers the line ends after the last of them.
    fn atmosphere(&mut self, gap: Range<usize>) -> u8 {
        let bytes = self.text.as_bytes();
        let mut at = gap.start;
        let mut newlines = 0u8;
        while at < gap.end {
            let start = at;
            let kind = match bytes[at] {
                b'\n' => {
                    newlines = (newlines + 1).min(2);
                    at += 1;
                    continue;
                }
                b';' => {
                    at = self.text[at..gap.end].find('\n').map_or(gap.end, |length| at + length);
                    ItemKind::Line(start..start + self.text[start..at].trim_end().len())
                }
                b'#' if bytes.get(at + 1) == Some(&b'|') => {
                    at = block_end(bytes, at, gap.end);
                    ItemKind::Block(start..at)
                }
                b'#' => {
                    let word = &self.text[at..gap.end];
                    let length = word[2..].find(|c: char| c.is_whitespace() || "();\"|[]{}".contains(c));
                    at = length.map_or(gap.end, |length| at + 2 + length);
                    ItemKind::Block(start..at)
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            let line = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
            // A comment right behind what it is about moves with that; others are in a column with their neighbours.
            let before = &self.text[line..start];
            let column = match kind {
                ItemKind::Line(_) if before.ends_with("  ") || before.ends_with('\t') => {
                    before.chars().count() as u32
                }
                _ => 0,
            };
            self.top().items.push(Item { kind, newlines, column });
            newlines = 0;
        }
        newlines
    }

    fn top(&mut self) -> &mut Open<'a> {
        self.open.last_mut().expect("the root is open until the end")
    }

    fn token(&mut self, token: &Token, place: Range<usize>, newlines: u8) {
        let prefix = match token {
            Token::Open | Token::OpenVector | Token::OpenBytevector => {
                return self.begin(token, place, newlines);
            }
            Token::Close => return self.close(),
            Token::Dot => {
                return self.top().items.push(Item { kind: ItemKind::Dot, newlines: 0, column: 0 });
            }
            Token::Quote => "'",
            Token::Quasiquote => "`",
            Token::Unquote => ",",
            Token::UnquoteSplicing => ",@",
            Token::DatumComment => "#;",
            Token::Label(_) => &self.text[place],
            _ => return self.atom(place, newlines),
        };
        self.top().pending.push((prefix, newlines));
    }

    /// The prefixes that belong to the datum that begins now: all of them, or those from the last `#;` on.
    fn take_prefix(&mut self, newlines: u8) -> (String, u8) {
        let pending = &mut self.top().pending;
        let from = pending.iter().rposition(|(text, _)| *text == "#;").unwrap_or(0);
        let newlines = pending.get(from).map_or(newlines, |(_, before)| *before);
        (pending.drain(from..).map(|(text, _)| text).collect(), newlines)
    }

    fn begin(&mut self, token: &Token, place: Range<usize>, newlines: u8) {
        let (prefix, newlines) = self.take_prefix(newlines);
        let outer = self.top();
        let inherited = outer.role.of_child(outer.head, outer.count, outer.named);
        let role = match prefix.trim_start_matches("#;") {
            _ if *token != Token::Open => Role::Data,
            "" => inherited,
            labels if labels.ends_with('=') => inherited,
            quotes if quotes.ends_with('\'') => Role::Data,
            _ => Role::Code,
        };
        self.open.push(Open::new(role, prefix, place, newlines));
    }

    fn atom(&mut self, place: Range<usize>, newlines: u8) {
        let (mut prefix, newlines) = self.take_prefix(newlines);
        let text = &self.text[place.clone()];
        if prefix.ends_with(',') && text.starts_with('@') {
            prefix.push(' ');
        }
        let extent = Extent::of(&prefix).then(Extent::of(text));
        let plain = prefix.is_empty();
        let node = Node { prefix, text: place, items: None, style: Style::DATA, extent, flat: true };
        let open = self.top();
        if plain && open.count == 0 && open.items.iter().all(|item| !matches!(item.kind, ItemKind::Datum(_)))
        {
            open.head = Some(text);
        }
        if open.count == 1 {
            open.named = true;
        }
        self.add(node, newlines);
    }

    fn add(&mut self, node: Node, newlines: u8) {
        let id = self.nodes.len();
        let skipped = node.prefix.starts_with("#;");
        self.nodes.push(node);
        let open = self.top();
        let kind = if skipped { ItemKind::Skipped(id) } else { ItemKind::Datum(id) };
        open.items.push(Item { kind, newlines, column: 0 });
        open.count += usize::from(!skipped);
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Open { role, prefix, text, mut items, head, named, newlines, count, .. } = open;
        let is_root = role == Role::Root;
        let body = head.and_then(|head| self.bodies.get(head)).copied();
        let style = Style::of(role, head.map(|head| Form::named(head, body)), named, count, |index| {
            let datum = items.iter().filter_map(|item| match item.kind {
                ItemKind::Datum(id) => Some(id),
                _ => None,
            });
            datum.clone().nth(index).is_some_and(|id| &self.text[self.nodes[id].text.clone()] == "=>")
        });
        style.drop_line_ends(&mut items);
        let mut extent = Extent::of(&prefix).then(Extent::of(&self.text[text.clone()]));
        let mut flat = !is_root;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                extent = extent.then_characters(1);
                flat &= item.newlines == 0;
            }
            extent = match &item.kind {
                ItemKind::Datum(id) | ItemKind::Skipped(id) => {
                    flat &= self.nodes[*id].flat;
                    extent.then(self.nodes[*id].extent)
                }
                ItemKind::Dot => extent.then_characters(1),
                ItemKind::Line(_) => {
                    flat = false;
                    extent
                }
                ItemKind::Block(range) => extent.then(Extent::of(&self.text[range.clone()])),
            };
        }
        extent = extent.then_characters(1);
        if head == Some("define-syntax") && role == Role::Code {
            self.note_macro(&items);
        }
        let node = Node { prefix, text, items: Some(items), style, extent, flat };
        if is_root {
            self.nodes.push(node);
        } else {
            self.add(node, newlines);
        }
    }

    /// Learns from `(define-syntax name (syntax-rules (...) ((_ a b body ...) template)))` how uses of `name` look.
    fn note_macro(&mut self, items: &[Item]) {
        let data = |items: &[Item]| -> Vec<NodeId> {
            let id = |item: &Item| match item.kind {
                ItemKind::Datum(id) => Some(id),
                _ => None,
            };
            items.iter().filter_map(id).take(64).collect()
        };
        let inside = |id: NodeId| self.nodes[id].items.as_deref().map(data).unwrap_or_default();
        let word = |id: NodeId| &self.text[self.nodes[id].text.clone()];
        let [_, name, rules] = data(items)[..] else { return };
        let rules = inside(rules);
        let patterns = rules.iter().skip(2).filter_map(|rule| inside(*rule).first().copied());
        for pattern in patterns {
            if let [_, operands @ .., body, ellipsis] = &inside(pattern)[..]
                && word(*ellipsis) == "..."
                && ["body", "form", "expr", "command", "statement"]
                    .iter()
                    .any(|start| word(*body).starts_with(start))
            {
                self.bodies.insert(word(name), operands.len() as u32);
                return;
            }
        }
    }
}

/// Where the block comment that begins at `at` ends.
pub(super) fn block_end(bytes: &[u8], at: usize, end: usize) -> usize {
    let mut depth = 0u32;
    let mut at = at;
    while at + 1 < end {
        match &bytes[at..at + 2] {
            b"#|" => depth += 1,
            b"|#" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    end
}
