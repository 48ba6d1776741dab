// Package parent lets a test's servers die with the test that started them.
package parent

import (
	"io"
	"os"
)

// Watch exits at once when standard input is closed. It does nothing unless
// EXIT_ON_STDIN_EOF is set: kube.py sets it and holds the other end of the
// pipe, so even when Python is killed no server is left behind. (A graceful
// end would not do: the API server hangs if etcd goes first.)
func Watch() {
	if os.Getenv("EXIT_ON_STDIN_EOF") == "" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}
