select {{ half('x') }} as x
