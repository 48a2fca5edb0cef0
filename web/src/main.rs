//! The page's entry point.
#![forbid(unsafe_code)]

fn main() {
    web::start();
}
