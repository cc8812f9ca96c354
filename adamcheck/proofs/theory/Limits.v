(* Limits of Adam: what the bias correction, eps and the bound on the update tend to. *)

Require Import Reals Lra Psatz List.
From Coquelicot Require Import Coquelicot.
From Adamcheck Require Import Adam.
Import ListNotations.
Open Scope R_scope.

Lemma powers_vanish (beta : R) : 0 <= beta < 1 -> is_lim_seq (fun t => beta ^ t) 0.
Proof. intros B. apply is_lim_seq_geom. rewrite Rabs_pos_eq; lra. Qed.

Theorem correction_tends_to_one (beta : R) : 0 <= beta < 1 -> is_lim_seq (fun t => 1 - beta ^ t) 1.
Proof.
  intros B. replace (Finite 1) with (Finite (1 - 0)) by (f_equal; ring).
  apply is_lim_seq_minus'; [apply is_lim_seq_const | apply powers_vanish; exact B].
Qed.

(* With a constant gradient the moment itself, without correction, tends to it. *)
Theorem moment_tends_to_constant_gradient (b1 b2 g : R) :
  0 <= b1 < 1 -> is_lim_seq (fun t => first (run b1 b2 (repeat g t))) g.
Proof.
  intros B. apply is_lim_seq_ext with (fun t => (1 - b1 ^ t) * g).
  - intros t. destruct (moment_of_constant_gradients b1 b2 g t) as [M _]. rewrite M. reflexivity.
  - replace (Finite g) with (Finite (1 * g)) by (f_equal; ring).
    apply is_lim_seq_mult'; [apply correction_tends_to_one; exact B | apply is_lim_seq_const].
Qed.

Lemma quotient_is_continuous (a s : R) : s <> 0 -> is_lim (fun eps => - (a / (s + eps))) 0 (- (a / s)).
Proof.
  intros S. replace (Finite (- (a / s))) with (Finite (- (a / (s + 0)))) by (f_equal; field; exact S).
  apply (is_lim_continuity (fun eps => - (a / (s + eps)))).
  apply continuity_pt_opp, continuity_pt_div; [apply continuity_pt_const; intros x y; reflexivity | | lra].
  apply continuity_pt_plus; [apply continuity_pt_const; intros x y; reflexivity | apply continuity_pt_id].
Qed.

(* As eps tends to 0, the step tends to that of eps = 0, wherever that is defined, *)
Theorem update_without_eps (lr b1 b2 : R) (gs : list R) :
  0 < corrected b2 (second (run b1 b2 gs)) (length gs) ->
  is_lim (fun eps => last_update lr b1 b2 eps gs) 0
         (- (lr * corrected b1 (first (run b1 b2 gs)) (length gs)
             / sqrt (corrected b2 (second (run b1 b2 gs)) (length gs)))).
Proof.
  intros V. unfold last_update, update. rewrite steps_are_counted. apply quotient_is_continuous.
  pose proof (sqrt_lt_R0 _ V). lra.
Qed.

(* which for a constant gradient is a step of the learning rate against its sign. *)
Theorem sign_step (lr b1 b2 g : R) (t : nat) :
  0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat -> g <> 0 ->
  is_lim (fun eps => last_update lr b1 b2 eps (repeat g t)) 0 (- (lr * sign g)).
Proof.
  intros B1 B2 T G. pose proof (Rabs_pos_lt g G) as P.
  apply is_lim_ext with (fun eps => - (lr * g / (Rabs g + eps))).
  - intros eps. rewrite update_of_constant_gradients by assumption. reflexivity.
  - replace (lr * sign g) with (lr * g / Rabs g); [apply quotient_is_continuous; lra|].
    destruct (Rdichotomy g 0 G) as [N | N].
    + rewrite (sign_eq_m1 g N), Rabs_left by exact N. field. exact G.
    + rewrite (sign_eq_1 g N), Rabs_pos_eq by lra. field. exact G.
Qed.

(* The weights in the bound on the update tend to 1 / (1 - b1^2 / b2). *)
Theorem weights_tend (r : R) : 0 <= r < 1 -> is_lim_seq (weights r) (/ (1 - r)).
Proof.
  intros B. apply is_lim_seq_ext with (fun t => (1 - r ^ t) * / (1 - r)).
  - intros t. rewrite <- weights_in_closed_form. field. lra.
  - replace (Finite (/ (1 - r))) with (Finite (1 * / (1 - r))) by (f_equal; ring).
    apply is_lim_seq_mult'; [apply correction_tends_to_one; exact B | apply is_lim_seq_const].
Qed.
