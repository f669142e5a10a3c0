using http::getPage;
