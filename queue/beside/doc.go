// Package beside is for losing nothing that a channel must remember and the
// office's log must not hold, such as telephone numbers and chats: SQLite files
// that lie beside the log, durable before anything is answered, and from whose
// disk what is erased is gone.
package beside
