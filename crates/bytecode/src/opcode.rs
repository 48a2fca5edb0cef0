//! The opcode table: the one place where an instruction is written down.
//!
//! [`crate::for_each_opcode!`] hands its rows to a consumer macro. [`crate::Opcode`], the encoder, the decoder, the verifier, the
//! disassembler and the reference page expand from the rows here; the VM's loader matches on [`crate::Opcode`] without a
//! `_` arm, so that a missing case fails the build.
//!
//! 1. A row is: documentation, byte, name, operands, stack effect, reductions.
//! 2. Operands follow the opcode byte in the order of the row, little-endian, each of the fixed width of its kind
//!    ([`crate::OperandKind::width`]).
//! 3. The stack effect is `pops => pushes` in 64-bit slots. `Varies` in an effect means that it depends on an
//!    operand or on a constant; [`crate::effect::of`] is the one function that works it out.
//! 4. Reductions are what the instruction always costs; a jump costs one more when it goes backward.

/// Calls `$consume!` with every row of the opcode table.
#[macro_export]
macro_rules! for_each_opcode {
    ($consume:ident) => {
        $consume! {
            // Constants.
            /// Push the empty list.
            0x01 Nil {} 0 => 1, 0;
            /// Push `#t`.
            0x02 True {} 0 => 1, 0;
            /// Push `#f`.
            0x03 False {} 0 => 1, 0;
            /// Push the unspecified value.
            0x04 Unspecified {} 0 => 1, 0;
            /// Push a small integer.
            0x05 Integer { value: Immediate } 0 => 1, 0;
            /// Push entry `index` of the constant pool: a float, symbol, string, character, large number, literal list or
            /// vector. A builtin entry pushes that builtin procedure.
            0x06 Const { index: ConstIndex } 0 => 1, 0;

            // Stack and variables. Slot 0 is the first argument; the operand stack grows above the variables in the same
            // slots, so that a variable bound by `let` is simply the slot that its initial value was pushed to.
            /// Drop the top value.
            0x10 Pop {} 1 => 0, 0;
            /// Push the top value again.
            0x11 Dup {} 1 => 2, 0;
            /// Exchange the two top values.
            0x12 Swap {} 2 => 2, 0;
            /// Drop `count` values from below the top value.
            0x13 Slide { count: Count } Varies => 1, 0;
            /// Push slot `slot` of the frame.
            0x14 Local { slot: Slot } 0 => 1, 0;
            /// Pop a value into slot `slot` of the frame, which lies below the popped value.
            0x15 SetLocal { slot: Slot } 1 => 0, 0;
            /// Push captured value `capture` of the running closure.
            0x16 Capture { capture: Capture } 0 => 1, 0;
            /// Push the running closure itself.
            0x17 CurrentClosure {} 0 => 1, 0;
            /// Push the value of a global variable. Unbound is a condition.
            0x18 Global { global: Global } 0 => 1, 0;
            /// Pop a value into a global variable that is bound already. Unbound is a condition.
            0x19 SetGlobal { global: Global } 1 => 0, 0;
            /// Pop a value and bind the global variable to it.
            0x1a DefineGlobal { global: Global } 1 => 0, 0;
            /// Replace the top value by a new box that holds it.
            0x1b MakeBox {} 1 => 1, 0;
            /// Replace the box on top by what it holds. An unassigned box is a condition.
            0x1c BoxRef {} 1 => 1, 0;
            /// Pop a value, then a box, and store the value in the box.
            0x1d BoxSet {} 2 => 0, 0;
            /// Push a box that holds the unassigned mark, for `letrec` variables.
            0x1e MakeUnassignedBox {} 0 => 1, 0;

            // Procedures and control.
            /// Pop the captured values of `procedure`, first captured lowest, and push a closure over them.
            0x20 MakeClosure { procedure: Procedure } Varies => 1, 0;
            /// Pop a value, then a closure, and set captured value `capture` of that closure, which this unit has just
            /// made for a group of mutually recursive procedures.
            0x21 PatchCapture { capture: Capture } 2 => 0, 0;
            /// Jump by `offset`, counted from the end of this instruction. A backward jump costs one reduction.
            0x22 Jump { offset: Jump } 0 => 0, 0;
            /// Pop; jump if it is `#f`. A backward jump costs one reduction.
            0x23 JumpIfFalse { offset: Jump } 1 => 0, 0;
            /// Call the procedure below `count` arguments and push its value.
            0x24 Call { count: Count } Varies => 1, 1;
            /// Call the procedure below `count` arguments in place of the running one.
            0x25 TailCall { count: Count } Varies => 0, 1;
            /// Pop a list of arguments, then a procedure, and call it; push its value.
            0x26 Apply {} 2 => 1, 1;
            /// Pop a list of arguments, then a procedure, and call it in place of the running one.
            0x27 TailApply {} 2 => 0, 1;
            /// Pop a value and give it to the caller.
            0x28 Return {} 1 => 0, 0;
            /// Call the primitive that constant `builtin` names with the `count` topmost values; push its value.
            0x29 Primitive { builtin: ConstIndex, count: Count } Varies => 1, 0;
            /// Push the continuation of the running procedure's call. The frames below are sealed.
            0x2a CaptureContinuation {} 0 => 1, 0;
            /// Pop a value, then a continuation, and go on from there with that value.
            0x2b ResumeContinuation {} 2 => 0, 1;
            /// Push the dynamic state: the immutable list of handlers, winds and parameters.
            0x2c DynamicState {} 0 => 1, 0;
            /// Pop and set the dynamic state.
            0x2d SetDynamicState {} 1 => 0, 0;

            // Data: the operations that programs use most.
            /// `cons`.
            0x30 Cons {} 2 => 1, 0;
            /// `car`.
            0x31 Car {} 1 => 1, 0;
            /// `cdr`.
            0x32 Cdr {} 1 => 1, 0;
            /// `set-car!`; pushes nothing.
            0x33 SetCar {} 2 => 0, 0;
            /// `set-cdr!`; pushes nothing.
            0x34 SetCdr {} 2 => 0, 0;
            /// `null?`.
            0x35 IsNull {} 1 => 1, 0;
            /// `pair?`.
            0x36 IsPair {} 1 => 1, 0;
            /// `not`.
            0x37 Not {} 1 => 1, 0;
            /// `eq?`, which is `eqv?` on numbers and actor references.
            0x38 Eq {} 2 => 1, 0;
            /// `vector-ref`.
            0x39 VectorRef {} 2 => 1, 0;
            /// `vector-set!`; pushes nothing.
            0x3a VectorSet {} 3 => 0, 0;
            /// `string-ref`.
            0x3b StringRef {} 2 => 1, 0;
            /// `string-length`.
            0x3c StringLength {} 1 => 1, 0;
            /// `string-append` of two.
            0x3d StringAppend {} 2 => 1, 0;

            // Numbers, checked: exact results never wrap.
            /// `+` of two.
            0x40 Add {} 2 => 1, 0;
            /// `-` of two.
            0x41 Subtract {} 2 => 1, 0;
            /// `*` of two.
            0x42 Multiply {} 2 => 1, 0;
            /// `/` of two.
            0x43 Divide {} 2 => 1, 0;
            /// `quotient`.
            0x44 Quotient {} 2 => 1, 0;
            /// `remainder`.
            0x45 Remainder {} 2 => 1, 0;
            /// `modulo`.
            0x46 Modulo {} 2 => 1, 0;
            /// `=` of two.
            0x47 NumberEqual {} 2 => 1, 0;
            /// `<` of two.
            0x48 Less {} 2 => 1, 0;
            /// `>` of two.
            0x49 Greater {} 2 => 1, 0;
            /// `<=` of two.
            0x4a LessOrEqual {} 2 => 1, 0;
            /// `>=` of two.
            0x4b GreaterOrEqual {} 2 => 1, 0;
            /// `=` of two, negated.
            0x4c NumberNotEqual {} 2 => 1, 0;

            // Actors.
            /// Give up the rest of the slice.
            0x50 Yield {} 0 => 0, 1;
            /// Pop a message, then an actor reference; send; push nothing.
            0x51 Send {} 2 => 0, 1;
            /// Push the oldest message of the mailbox and remove it, or wait for one.
            0x52 ReceiveAny {} 0 => 1, 1;
            /// Pop milliseconds (or `#f`: never) and arm the timeout of the `receive` that begins here. Sets the mailbox
            /// cursor to the oldest message.
            0x53 MailboxBegin {} 1 => 0, 1;
            /// Push the message at the mailbox cursor; jump by `offset`, pushing nothing, if there is none.
            0x54 MailboxPeek { offset: Jump } 0 => 1, 0;
            /// Remove the message at the mailbox cursor; the `receive` is over and its timeout disarmed.
            0x55 MailboxTake {} 0 => 0, 0;
            /// Move the mailbox cursor to the next message and jump by `offset`.
            0x56 MailboxNext { offset: Jump } 0 => 0, 0;
            /// Drain the inbox. New messages, now or after waiting: jump by `offset`. Timeout: fall through, the
            /// `receive` is over.
            0x57 MailboxWait { offset: Jump } 0 => 0, 0;
            /// Charge a reduction: here the slice ends when its reductions, or those of a sandbox, are used up.
            0x58 CheckSteps {} 0 => 0, 1;

            // Capabilities. Constant `capability` is a symbol: file-read, file-write, environment, command-line, clock or
            // ask. A scope is a string, a path or a name, or `#f` for everything.
            /// Pop a scope; push whether the actor holds a capability that covers it. With `#f` in place of a scope any
            /// capability of that kind will do. Needs a free slot above the scope.
            0x60 HasCapability { capability: ConstIndex } 1 => 1, 0;
            /// Pop a justification (a string), then a scope; push a capability for it: one that the actor holds, else one
            /// that a person allows who is shown the justification, else `#f`. Only who holds `ask` has somebody asked.
            /// Needs a free slot above the justification.
            0x61 RequestCapability { capability: ConstIndex } 2 => 1, 1;
            /// Pop a capability, then an actor. The running actor itself holds it from now on; another one gets the
            /// message `(capability-granted capability)`.
            0x62 GrantCapability {} 2 => 0, 1;
            /// Pop a capability: the running actor holds it no longer, whatever lists it, and can give it to nobody. What
            /// was narrowed from it before stays.
            0x63 RevokeCapability {} 1 => 0, 0;
            /// Pop `count` arguments and have the host do what `capability` is for; push the answer. file-read 1: the text
            /// of the file of that path. file-write 1: a port to a new file of that path. environment 1: the variable of
            /// that name, or `#f`; 0: all. command-line 0: the list of arguments. clock 0: `current-jiffy`.
            0x64 HostCall { capability: ConstIndex, count: Count } Varies => 1, 0;

            // Sandboxes: limits, capabilities and a handler for a part of an actor's work. A sandbox is an entry of the
            // dynamic state: leaving that state, by a continuation, say, leaves it.
            /// Pop words of heap, then reductions, each an integer or `#f`, and enter a sandbox that may use so much more.
            /// Who has used up the reductions is out of the sandbox, and gets the condition `sandbox-limit`.
            0x68 EnterSandbox {} 2 => 0, 0;
            /// Pop a list of capabilities: within the sandbox nothing else is held, and of these only what was held before.
            0x69 IsolateCapabilities {} 1 => 0, 0;
            /// Pop a procedure of one argument, the handler of what is raised in the sandbox, and of its `sandbox-limit`. It
            /// goes on with a continuation from before the sandbox.
            0x6a SetErrorHandler {} 1 => 0, 0;
            /// Pop a string and note it as a violation in the log of decisions about capabilities.
            0x6b LogViolation {} 1 => 0, 0;
            /// Leave the innermost sandbox: limits, capabilities and handlers are again those of before.
            0x6c LeaveSandbox {} 0 => 0, 0;
        }
    };
}
