//! `receive` with clauses: the mailbox is walked with a cursor, as in BEAM; a message is taken once a clause matches.

use super::{Context, Generator};
use crate::diagnostic::Problem;
use crate::ir::{MatchStep, Receive, ReceiveClause};
use bytecode::{Instruction, Label, Span};

impl Generator<'_> {
    pub(super) fn receive(&mut self, receive: &Receive, span: Span, context: Context) {
        let base = self.depth();
        match &receive.after {
            Some((milliseconds, _)) => self.expression(milliseconds, Context::Push),
            None => self.emit(Instruction::False {}),
        }
        self.mark(span);
        self.emit(Instruction::MailboxBegin {});
        let [again, wait, end] = [(); 3].map(|()| self.function().label());
        self.function().place(again, base);
        self.mark(span);
        self.function().mailbox_peek(wait);
        let open = self.give_home(receive.message, base);
        for clause in &receive.clauses {
            if !self.function().reachable {
                let problem = Problem::new(clause.body.span, "this clause of `receive` is never reached");
                self.output.warnings.push(problem.suggest("the clause before it matches every message"));
                break;
            }
            self.receive_clause(clause, base, end, context);
        }
        self.function().close_variable(open);
        self.emit(Instruction::Pop {});
        self.function().mailbox_next(again);
        self.function().place(wait, base);
        self.mark(span);
        self.function().mailbox_wait(again);
        match &receive.after {
            Some((_, body)) => self.expression(body, context),
            None => self.finish_nothing(context),
        }
        self.function().place(end, base + u32::from(context == Context::Push));
    }

    fn receive_clause(&mut self, clause: &ReceiveClause, base: u32, end: Label, context: Context) {
        // Entry `n` is where to go when the clause fails with `n` variables bound.
        let mut failures: Vec<Label> = vec![self.function().label()];
        let mut open = Vec::new();
        for step in &clause.steps {
            match step {
                MatchStep::Test(test) => {
                    let failure = failures[failures.len() - 1];
                    self.test(test, failure, false);
                }
                MatchStep::Bind(variable, value) => {
                    self.expression(value, Context::Push);
                    open.push(self.settle(*variable));
                    failures.push(self.function().label());
                }
            }
        }
        let bound = failures.len() as u32;
        self.emit(Instruction::MailboxTake {});
        self.expression(&clause.body, context);
        self.close_variables(open);
        if self.function().reachable {
            self.leave(bound, context);
        }
        self.function().jump(end);
        for (count, failure) in failures.into_iter().enumerate().rev() {
            let depth = base + 1 + count as u32;
            self.function().place(failure, depth);
            if count > 0 {
                self.emit(Instruction::Pop {});
            }
        }
    }
}
