//! `debug`: a program under the debugger, by lines on the terminal or by the Debug Adapter Protocol.
//!
//! 1. Both faces ask the same [`session::Session`], which owns the world; they know the world's protocol and nothing deeper.
//! 2. Whatever an order or a request is, it has an answer, and the answer to a bad one says what to do.

pub(crate) mod dap;
mod session;
pub(crate) mod text;
