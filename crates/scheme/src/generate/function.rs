//! One procedure under construction: its code, the depth of its stack, its captures and its debug information.
//!
//! 1. `depth` is the number of slots in use at this point: arguments, variables and operands.
//! 2. Nothing is written where control cannot come. A label makes code reachable again only if some jump led to it.

use crate::ir::VariableId;
use bytecode::{Assembler, CodeOffset, Instruction, Label, Procedure, Span, Variable, effect};
use std::collections::{HashMap, HashSet};

/// See the module.
pub(super) struct Function {
    /// Index of the procedure in the program.
    pub index: u32,
    pub assembler: Assembler,
    pub depth: u32,
    deepest: u32,
    pub reachable: bool,
    jumped: HashSet<Label>,
    /// What the closure captures, in order.
    pub captures: Vec<VariableId>,
    capture_index: HashMap<VariableId, u16>,
    /// The variable that holds the closure itself, in the scope around it.
    pub itself: Option<VariableId>,
    spans: Vec<(CodeOffset, Span)>,
    variables: Vec<Variable>,
}

/// A variable whose range is still open.
pub(super) struct OpenVariable(pub Option<usize>);

impl Function {
    pub fn new(index: u32, itself: Option<VariableId>) -> Function {
        Function {
            index,
            assembler: Assembler::new(),
            depth: 0,
            deepest: 0,
            reachable: true,
            jumped: HashSet::new(),
            captures: Vec::new(),
            capture_index: HashMap::new(),
            itself,
            spans: Vec::new(),
            variables: Vec::new(),
        }
    }

    pub fn set_depth(&mut self, depth: u32) {
        self.depth = depth;
        self.deepest = self.deepest.max(depth);
    }

    /// Writes `instruction`. `captures` is how many values the closure captures that it makes.
    pub fn emit(&mut self, instruction: Instruction, captures: u32) {
        let (pops, pushes) = effect::of_with(&instruction, |_| Some(captures)).unwrap_or((captures, 1));
        debug_assert!(self.depth >= pops, "{instruction:?} at depth {}", self.depth);
        self.set_depth((self.depth + pushes).saturating_sub(pops));
        if self.reachable {
            self.assembler.emit(instruction);
        }
    }

    /// After this, nothing is reachable until a label is.
    pub fn end_block(&mut self) {
        self.reachable = false;
    }

    pub fn label(&mut self) -> Label {
        self.assembler.label()
    }

    /// Places `label`, at `depth`.
    pub fn place(&mut self, label: Label, depth: u32) {
        self.reachable |= self.jumped.contains(&label);
        self.assembler.place(label);
        self.set_depth(depth);
    }

    pub fn jump(&mut self, label: Label) {
        if self.reachable {
            self.assembler.jump(label);
            self.jumped.insert(label);
        }
        self.reachable = false;
    }

    pub fn jump_if_false(&mut self, label: Label) {
        self.depth -= 1;
        if self.reachable {
            self.assembler.jump_if_false(label);
            self.jumped.insert(label);
        }
    }

    pub fn mailbox_peek(&mut self, label: Label) {
        if self.reachable {
            self.assembler.mailbox_peek(label);
            self.jumped.insert(label);
        }
        self.set_depth(self.depth + 1);
    }

    pub fn mailbox_next(&mut self, label: Label) {
        if self.reachable {
            self.assembler.mailbox_next(label);
            self.jumped.insert(label);
        }
        self.reachable = false;
    }

    pub fn mailbox_wait(&mut self, label: Label) {
        if self.reachable {
            self.assembler.mailbox_wait(label);
            self.jumped.insert(label);
        }
    }

    /// Captured value that holds `variable`.
    pub fn capture(&mut self, variable: VariableId) -> u16 {
        let next = self.captures.len() as u16;
        let index = *self.capture_index.entry(variable).or_insert(next);
        if index == next {
            self.captures.push(variable);
        }
        index
    }

    /// What follows stands at `span` in the source.
    pub fn mark(&mut self, span: Span) {
        if !self.reachable {
            return;
        }
        let offset = self.assembler.offset();
        match self.spans.last_mut() {
            Some((_, last)) if *last == span => {}
            Some((at, last)) if *at == offset => *last = span,
            _ => self.spans.push((offset, span)),
        }
    }

    /// As [`Function::mark`], if `span` begins on another line than what went before.
    pub fn mark_line(&mut self, span: Span) {
        match self.spans.last() {
            Some((_, last)) if last.line == span.line && last.file == span.file => {}
            _ => self.mark(span),
        }
    }

    /// `slot` holds the variable `name` from here on.
    pub fn open_variable(&mut self, name: &str, slot: u16, boxed: bool) -> OpenVariable {
        if !self.reachable {
            return OpenVariable(None);
        }
        let start = self.assembler.offset();
        self.variables.push(Variable { name: name.into(), slot, start, end: start, boxed });
        OpenVariable(Some(self.variables.len() - 1))
    }

    pub fn close_variable(&mut self, open: OpenVariable) {
        if let OpenVariable(Some(index)) = open {
            self.variables[index].end = self.assembler.offset();
        }
    }

    pub fn deepest(&self) -> u32 {
        self.deepest
    }

    /// The procedure without its name, span, parameters and the names of its captures.
    ///
    /// # Errors
    /// When the code is too long.
    pub fn finish(mut self) -> Result<Procedure, String> {
        self.variables.retain(|variable| variable.start < variable.end);
        self.variables.sort_by_key(|variable| variable.start);
        let code = self.assembler.finish().map_err(|error| error.to_string())?;
        Ok(Procedure {
            frame_slots: u16::try_from(self.deepest).unwrap_or(u16::MAX),
            code,
            spans: self.spans,
            variables: self.variables,
            ..Procedure::default()
        })
    }
}
