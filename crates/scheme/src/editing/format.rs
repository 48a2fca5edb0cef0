//! The formatter: a text laid out anew, with its comments and the spelling of its literals.
//!
//! 1. What is written reads back as the same data, and formatting it again changes nothing.
//! 2. Line ends of the author's stay, but for those that [`super::style`] rules out; others are added where a list would be
//!    wider than [`WIDTH`].
//! 3. Time is linear in the text: whether a list fits is known before it is written, and indentation ends at
//!    [`INDENT_MAX`]. Nothing recurses.

use super::style::{Indent, Rest};
use super::tree::{Item, ItemKind, Node, NodeId, Tree};
use crate::diagnostic::{Diagnostic, Severity};
use crate::reader;
use crate::syntax::Interner;
use bytecode::SourceFile;

/// Columns of a line, where a literal or a comment is not longer.
const WIDTH: u32 = 100;

/// The deepest indentation.
const INDENT_MAX: u32 = 80;

/// A call's operands stand below its first one, unless that costs more columns than this and one of them would not fit.
const OPERAND_INDENT_MAX: u32 = 12;

/// The text of `file`, laid out anew.
///
/// # Errors
/// The first thing that keeps the text from being read; such a text is left alone.
pub fn format(file: &SourceFile) -> Result<String, Diagnostic> {
    let read = reader::read(&file.text, 0, &mut Interner::new()).and_then(|_| Tree::new(&file.text));
    match read {
        Ok(tree) => Ok(Layout::new(&tree).text()),
        Err(problem) => Err(problem.into_diagnostic(std::slice::from_ref(file), Severity::Error)),
    }
}

/// A list that is being written.
struct Frame {
    node: NodeId,
    /// Items written.
    next: usize,
    /// Data written.
    count: u32,
    /// Column of what opens the list.
    base: u32,
    /// Where the first operand stands.
    operand: Option<u32>,
    /// Brackets that close directly after this list's own.
    closing: u32,
    /// The last item was a comment that ends its line.
    ended: bool,
    /// The last item took more than one line.
    tall: bool,
    /// Line in which the last item began.
    line: usize,
}

struct Layout<'a> {
    tree: &'a Tree<'a>,
    out: String,
    column: u32,
    lines: usize,
}

impl<'a> Layout<'a> {
    fn new(tree: &'a Tree<'a>) -> Layout<'a> {
        Layout { tree, out: String::with_capacity(tree.text.len() + 64), column: 0, lines: 0 }
    }

    fn text(mut self) -> String {
        if !self.tree.script.is_empty() {
            self.out.push_str(self.tree.script);
            self.out.push('\n');
        }
        let mut frames = vec![self.frame(self.tree.root(), 0)];
        while let Some(frame) = frames.last_mut() {
            let node = &self.tree.nodes[frame.node];
            let items = node.items.as_deref().unwrap_or(&[]);
            frame.tall = frame.tall || (frame.next > 0 && self.lines > frame.line);
            if let Some(item) = items.get(frame.next) {
                let last = frame.next + 1 == items.len() && frame.node != self.tree.root();
                let closing = if last { frame.closing + 1 } else { 0 };
                if let Some(inner) = self.item(frame, node, items, item, closing) {
                    frames.push(inner);
                }
                continue;
            }
            if frame.node != self.tree.root() {
                if frame.ended {
                    self.new_line(indent(node, frame), false);
                }
                self.write(")");
            }
            frames.pop();
        }
        if self.column > 0 {
            self.out.push('\n');
        }
        self.out
    }

    fn frame(&self, node: NodeId, closing: u32) -> Frame {
        Frame {
            node,
            next: 0,
            count: 0,
            base: self.column,
            operand: None,
            closing,
            ended: false,
            tall: false,
            line: self.lines,
        }
    }

    /// Writes an item, or as much of it as comes before what stands in it: the frame of that is the answer.
    fn item(
        &mut self,
        frame: &mut Frame,
        node: &Node,
        items: &[Item],
        item: &Item,
        closing: u32,
    ) -> Option<Frame> {
        let first = frame.next == 0;
        let breaks = !first && (frame.ended || self.breaks(frame, node, items, item, closing));
        let below = indent(node, frame);
        if breaks {
            self.new_line(below, item.newlines == 2);
        } else if !first {
            match item.kind {
                ItemKind::Line(_) => self.pad(item.column),
                _ => self.write(" "),
            }
        }
        frame.next += 1;
        frame.ended = false;
        frame.tall = false;
        frame.line = self.lines;
        match &item.kind {
            ItemKind::Line(range) => {
                self.write(&self.tree.text[range.clone()]);
                frame.ended = true;
                None
            }
            ItemKind::Block(range) => {
                self.write(&self.tree.text[range.clone()]);
                // A comment above something is no reason to begin another line.
                frame.line = self.lines;
                None
            }
            ItemKind::Dot => {
                self.write(".");
                None
            }
            ItemKind::Datum(id) | ItemKind::Skipped(id) => {
                if matches!(item.kind, ItemKind::Datum(_)) {
                    if frame.count == 1 {
                        frame.operand = Some(self.column);
                    }
                    frame.count += 1;
                }
                let inner = self.datum(*id, closing);
                if inner.is_none() {
                    frame.line = self.lines;
                }
                inner
            }
        }
    }

    /// Whether a line ends before `item`, which is not the first.
    fn breaks(&self, frame: &Frame, node: &Node, items: &[Item], item: &Item, closing: u32) -> bool {
        let id = match item.kind {
            ItemKind::Line(_) | ItemKind::Block(_) => return item.newlines > 0,
            ItemKind::Dot => return false,
            ItemKind::Skipped(id) => return item.newlines > 0 || frame.tall || !self.fits(id, 1, closing),
            ItemKind::Datum(id) => id,
        };
        let style = node.style;
        if frame.count == 0 || item.newlines > 0 {
            return item.newlines > 0;
        }
        if frame.count <= style.join {
            return false;
        }
        let after_dot = frame.next > 0 && matches!(items[frame.next - 1].kind, ItemKind::Dot);
        if after_dot {
            return false;
        }
        if style.indent == Indent::Operand && frame.count == 1 {
            return self.operands_are_too_far(frame, items);
        }
        let rest = frame.count.checked_sub(style.join + style.four + 1);
        let begins = match style.rest {
            Rest::Keep => false,
            Rest::First => rest == Some(0),
            Rest::Each => rest.is_some(),
        };
        begins || frame.tall || !self.fits(id, 1, closing)
    }

    /// Whether operands of a call fit below its head, and one does not where the first one would begin.
    fn operands_are_too_far(&self, frame: &Frame, items: &[Item]) -> bool {
        let (near, far) = (frame.base + 1, self.column + 1);
        far.saturating_sub(near) > OPERAND_INDENT_MAX
            && items[frame.next..].iter().any(|item| match item.kind {
                ItemKind::Datum(id) => {
                    let Node { flat, extent, .. } = &self.tree.nodes[id];
                    *flat && far + extent.head > WIDTH && near + extent.head <= WIDTH
                }
                _ => false,
            })
    }

    /// Whether a node can begin so many columns further on and, if it can stand on one line, does so.
    fn fits(&self, id: NodeId, space: u32, closing: u32) -> bool {
        let Node { flat, extent, .. } = &self.tree.nodes[id];
        let column = self.column + space;
        if !flat {
            return column < WIDTH;
        }
        let end = if extent.multi { extent.tail } else { column + extent.tail };
        column + extent.head <= WIDTH && end + closing <= WIDTH
    }

    /// Writes a datum; answers a frame for a list that takes several lines.
    fn datum(&mut self, id: NodeId, closing: u32) -> Option<Frame> {
        let node = &self.tree.nodes[id];
        if node.flat && (node.items.is_none() || self.fits(id, 0, closing)) {
            self.flat(id);
            return None;
        }
        self.write(&node.prefix);
        let frame = self.frame(id, closing);
        self.write(&self.tree.text[node.text.clone()]);
        Some(frame)
    }

    /// Writes a node on one line.
    fn flat(&mut self, id: NodeId) {
        let mut pending: Vec<(NodeId, usize)> = vec![(id, 0)];
        while let Some((id, next)) = pending.pop() {
            let node = &self.tree.nodes[id];
            if next == 0 {
                self.write(&node.prefix);
                self.write(&self.tree.text[node.text.clone()]);
            }
            let Some(items) = &node.items else { continue };
            let Some(item) = items.get(next) else {
                self.write(")");
                continue;
            };
            if next > 0 {
                self.write(" ");
            }
            pending.push((id, next + 1));
            match &item.kind {
                ItemKind::Datum(inner) | ItemKind::Skipped(inner) => pending.push((*inner, 0)),
                ItemKind::Dot => self.write("."),
                ItemKind::Line(range) | ItemKind::Block(range) => self.write(&self.tree.text[range.clone()]),
            }
        }
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rfind('\n') {
            None => self.column += text.chars().count() as u32,
            Some(end) => {
                self.lines += text.matches('\n').count();
                self.column = text[end + 1..].chars().count() as u32;
            }
        }
    }

    fn new_line(&mut self, indent: u32, empty_line: bool) {
        self.out.push_str(if empty_line { "\n\n" } else { "\n" });
        self.out.extend(std::iter::repeat_n(' ', indent as usize));
        self.lines += 1;
        self.column = indent;
    }

    /// Blanks before a comment at the end of a line, which stays where it was if there is room.
    fn pad(&mut self, column: u32) {
        let wanted = if column <= WIDTH { column.max(self.column + 1) } else { self.column + 1 };
        self.out.extend(std::iter::repeat_n(' ', (wanted - self.column) as usize));
        self.column = wanted;
    }
}

/// Where a line begins that comes next in a list.
fn indent(node: &Node, frame: &Frame) -> u32 {
    let style = node.style;
    let opening = node.text.len() as u32;
    let column = match style.indent {
        _ if frame.count == 0 => frame.base + opening,
        Indent::First => frame.base + opening,
        Indent::Body if frame.count <= style.join + style.four => frame.base + 4,
        Indent::Body => frame.base + 2,
        Indent::Operand => frame.operand.filter(|_| frame.count > 1).unwrap_or(frame.base + 1),
    };
    column.min(INDENT_MAX)
}
