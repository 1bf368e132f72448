drop table main.b
