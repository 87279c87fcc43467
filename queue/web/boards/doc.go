// Package boards is where an office arranges the screens of its hall: what each
// shows, from how far its numbers must be read, and the pictures and videos
// between the calls. What a board looks like is queue/web's; its settings lie in
// queue.Setup.Boards, its pictures and videos in a directory of their own.
package boards
