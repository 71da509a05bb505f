package demo.log;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** Threads to wake a little later. One thread at a time. */
final class Sleepers {
    private Thread[] threads = new Thread[8];
    private int count;

    void add(Thread thread) {
        if (count == threads.length) {
            threads = Arrays.copyOf(threads, count * 2);
        }
        threads[count++] = thread;
    }

    void wake() {
        while (count > 0) {
            count--;
            LockSupport.unpark(threads[count]);
            threads[count] = null;
        }
    }
}
