package demo.tools.verify;

import java.io.IOException;

/** Looks once whether an arrow brought the request's data. May be asked again; any thread. */
interface Check {
    Finding look(Followed request) throws IOException;
}
