//! The virtual machine: it runs bytecode for one actor at a time, slice by slice.
//!
//! A [`Library`] holds the builtins; a [`Linker`] loads programs for one world; a [`Machine`] is one actor's heap, stack and
//! registers; [`Machine::step`] runs it for a while against a [`Host`]. Bytecode is turned into register code when it is
//! loaded (`instruction`, `translate`); frames keep the bytecode's layout, so that whoever looks at them need not know.
//!
//! Unsafe code is confined to the dispatch loop and to the files that hold code addresses; each says on what it relies.

mod capability;
mod code;
mod confinement;
mod context;
mod datum;
mod debug;
mod equality;
mod error;
mod host;
mod image;
mod instruction;
mod interpreter;
mod interruption;
mod library;
mod loader;
mod machine;
mod mailbox;
mod memo;
mod number;
mod outside;
mod primitives;
mod print;
mod profile;
mod roots;
mod runtime;
mod site;
mod spawn;
mod stack;
mod table;
mod translate;

pub use capability::CapabilityKind;
pub use code::Unit;
pub use context::{CodePlace, Depths, ErrorContext, Particulars};
pub use datum::{atom_of, shared_atom};
pub use debug::{
    At, Bound, Breakpoints, Children, Debugger, EventKind, FrameView, Part, Site, StepKind, StopReason,
    VariableView, WatchNews, children, children_count, type_name,
};
pub use error::{ErrorKind, ErrorReport, Trap, unbound_name};
pub use host::{
    ActorName, Band, CompileError, Content, Delivery, Expansion, Host, SendError, SpawnError, TakeImage,
    TestNote,
};
pub use image::{ProgramNames, restore_image};
pub use library::{Library, Linker};
pub use loader::LoadError;
pub use machine::{
    Call, Machine, MachineSettings, Outcome, PrimitiveEntry, PrimitiveFunction, Vm, shared_globals,
};
pub use mailbox::{Mailbox, Waiting};
pub use memo::MemoStatistics;
pub use outside::{Answer, Question, Refusal, Wanted};
pub use print::{Mode, immediate_text, report, write_value};
pub use profile::{Counts, NATIVE, SitePlace};
pub use runtime::brief;
pub use spawn::{GlobalTable, SpawnRequest};
